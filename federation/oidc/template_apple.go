package oidc

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// apple is "Sign in with Apple REST API". What it says of somebody's name comes once, with the first authorization, as a field of the form that the
// browser brings; a private relay address is an ordinary one.
func apple() template {
	p := plain()
	p.presets = presetApple
	p.normalise = normaliseApple
	p.rows = rowsApple
	p.trusts = func(t *attempt) bool { return t.claims["email_verified"] == true }
	p.secret, p.rest = mintApple, 24*time.Hour // "once a day"; in between its notices tell
	p.offline = false
	return p
}

func rowsApple() []row {
	return []row{{Name: "oidc_apple.user", Reason: "user", Check: checkAppleUser}}
}

func presetApple(c *Config) error {
	preset(&c.Issuer, "https://appleid.apple.com")
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "name", "email"}
	}
	if c.TeamID == "" || c.KeyID == "" || c.PrivateKey == "" {
		return errs.New(errs.Invalid, "team_id, key_id and private_key are needed: our secrets are signed with that key.")
	}
	if c.ClientSecret != "" || c.AuthMethod != "" && c.AuthMethod != methodPost {
		return errs.New(errs.Invalid, "client_secret and token_endpoint_auth_method are not for the template apple: the secret is made of private_key.")
	}
	c.AuthMethod, c.FormPost = methodPost, true // name and address come by a form, or not at all
	if _, err := appleKey(*c); err != nil {
		return err
	}
	return ownTrust(c)
}

// normaliseApple reads Apple's "true", which it may write as a text.
func normaliseApple(claims map[string]any) {
	for _, name := range []string{"email_verified", "is_private_email"} {
		switch claims[name] {
		case "true":
			claims[name] = true
		case "false":
			claims[name] = false
		}
	}
}

// maxAppleUser bounds the field, in bytes.
const maxAppleUser = 4 << 10

// appleUser is the field "user". Nobody has signed it: the name is taken as the person's own word; its address is never read, as the one that counts
// is in the ID token.
type appleUser struct{ First, Last string }

// readAppleUser reads the field; false where it is none.
func readAppleUser(text string) (appleUser, bool) {
	if len(text) > maxAppleUser {
		return appleUser{}, false
	}
	said, err := keys.DecodeClaims([]byte(text))
	if err != nil {
		return appleUser{}, false
	}
	name, named := said["name"].(map[string]any)
	if !named && said["name"] != nil {
		return appleUser{}, false
	}
	return appleUser{First: line(name["firstName"]), Last: line(name["lastName"])}, true
}

// line is a text that can be a name.
func line(v any) string {
	s, _ := v.(string)
	if s = strings.TrimSpace(s); len(s) > 128 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return s
}

// checkAppleUser takes what the form says, so that an account that is made now has a name.
func checkAppleUser(_ context.Context, t *attempt) (expected, received string, err error) {
	expected = "one JSON object with a name"
	text := t.a.Params.Get("user")
	if text == "" {
		return expected, "", nil
	}
	u, ok := readAppleUser(text)
	if !ok {
		return expected, "another text", nil
	}
	for claim, value := range map[string]string{"given_name": u.First, "family_name": u.Last, "name": strings.TrimSpace(u.First + " " + u.Last)} {
		if value != "" && t.claims[claim] == nil {
			t.claims[claim] = value
		}
	}
	return expected, "", nil
}
