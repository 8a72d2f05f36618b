package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/password"
)

// claimFlags are the usual claims as flags, and a file for all of them.
type claimFlags struct {
	cmd       *cobra.Command
	texts     map[string]*string // by claim
	verified  bool
	admin     bool
	temporary bool
	file      string
	password  *secretFlags
}

// textClaims are the claims that have flags, by the flag's name.
func textClaims() [][3]string {
	return [][3]string{
		{"email", "email", "mail address"}, {"username", "username", "name to sign in with"}, {"name", "name", "full name"},
		{"given-name", "given_name", "given name"}, {"family-name", "family_name", "family name"}, {"phone-number", "phone_number", "phone number"},
		{"locale", "locale", "language, such as de-AT"}, {"zoneinfo", "zoneinfo", "time zone, such as Europe/Zagreb"},
	}
}

func addClaims(cmd *cobra.Command) *claimFlags {
	f := &claimFlags{cmd: cmd, texts: map[string]*string{}, password: addSecret(cmd, "password", "the password")}
	for _, t := range textClaims() {
		f.texts[t[0]] = cmd.Flags().String(t[0], "", t[2])
	}
	cmd.Flags().BoolVar(&f.verified, "email-verified", false, "the mail address is known to be the person's")
	cmd.Flags().BoolVar(&f.admin, "admin", false, "the person administers this server")
	cmd.Flags().BoolVar(&f.temporary, "temporary", false, "the password that is given must be changed at the next sign-in")
	cmd.Flags().StringVar(&f.file, "file", "", "JSON `file` (- for standard input) with OpenID standard claims and username")
	return f
}

// claims are those of the file, overlaid with those of the flags; an empty flag takes a claim away.
func (f *claimFlags) claims(c *cli) (directory.Claims, error) {
	out := directory.Claims{}
	if f.file == "-" && f.password.stdin {
		return nil, usagef("--file - and --password-stdin both read standard input")
	}
	if f.file != "" {
		raw, err := c.readFile(f.file)
		if err != nil {
			return nil, err
		}
		members, err := keys.DecodeClaims(raw) // one object, no name twice
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, "The file is not one well-formed JSON object of claims.", err)
		}
		out = members
	}
	for _, t := range textClaims() {
		switch value := *f.texts[t[0]]; {
		case !f.cmd.Flags().Changed(t[0]):
		case value == "":
			out[t[1]] = nil
		default:
			out[t[1]] = value
		}
	}
	if f.cmd.Flags().Changed("email-verified") {
		out["email_verified"] = f.verified
	}
	return out, nil
}

// hash judges the given password and hashes it; empty when none was given.
func (f *claimFlags) hash(ctx context.Context, c *cli, a *app.App, claims directory.Claims) (string, error) {
	pw, given, err := f.password.read(c.Stdin)
	if err != nil || !given {
		return "", err
	}
	problems := a.Policy.Check(pw, claims.String("email"), claims.String("username"), claims.String("name"))
	if len(problems) > 0 {
		return "", errs.New(errs.Invalid, passwordSentence(a.Policy, problems))
	}
	return a.Hasher.Hash(ctx, pw)
}

// passwordSentence says what is wrong with a password, never what it is.
func passwordSentence(p password.Policy, problems []string) string {
	texts := map[string]string{
		password.ProblemUnusable: "holds what is no text", password.ProblemShort: "is too short", password.ProblemLong: "is too long",
		password.ProblemStolen: "is in a collection of stolen ones", password.ProblemCommon: "is a common one, or close to one", password.ProblemContext: "is little more than a name or address of this person or product",
	}
	said := make([]string, len(problems))
	for i, problem := range problems {
		said[i] = texts[problem]
	}
	sentence := "The password " + strings.Join(said, " and ") + "."
	if p.MinLength > 0 {
		sentence += " It needs " + strconv.Itoa(p.MinLength) + " characters or more."
	}
	return sentence
}
