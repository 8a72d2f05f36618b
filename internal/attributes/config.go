package attributes

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/jedan-auth/jedan-auth/internal/directory"
)

// Types of values.
const (
	Text    = "text"
	Integer = "integer"
	Boolean = "boolean"
	Date    = "date"
	URL     = "url"
	Choice  = "choice"
)

// Who sees or changes a value.
const (
	Person   = "person"
	Operator = "operator"
)

// Attribute is one attribute of people. What is not said is denied: without edit and view the operator alone sees and changes it, without claim no
// application is ever told.
type Attribute struct {
	Name     string            `config:"name" doc:"Name in files and on the command line: lower case letters, digits and _. It is stored with every value, and cannot be that of a standard claim."`
	Label    string            `config:"label" doc:"What people read on forms and consents, in English."`
	Labels   map[string]string `config:"labels" doc:"The label in other languages, by language tag, such as de."`
	Hint     string            `config:"hint" doc:"A sentence under the label, in English."`
	Hints    map[string]string `config:"hints" doc:"The hint in other languages."`
	Type     string            `config:"type" default:"text" doc:"text, integer, boolean, date (YYYY-MM-DD), url (http or https), or choice."`
	Choices  []string          `config:"choices" doc:"The values of a choice."`
	Pattern  string            `config:"pattern" doc:"Regular expression (RE2) that the whole of a text must match."`
	Min      *int64            `config:"min" doc:"Fewest characters of a text, least value of an integer."`
	Max      *int64            `config:"max" doc:"Most characters of a text (256 when left out, at most 1024), greatest value of an integer."`
	Required bool              `config:"required" default:"false" doc:"Whoever has no value is asked for one at sign-in, before anything else. Needs edit: person."`
	View     string            `config:"view" default:"operator" doc:"Who sees the value on the person's own pages: person or operator. What the person changes they see."`
	Edit     string            `config:"edit" default:"operator" doc:"Who changes the value: person (and operator), or operator."`
	Signup   bool              `config:"signup" default:"false" doc:"Sign-up asks for it."`
	Claim    string            `config:"claim" doc:"Claim that carries the value to applications: a name, or an https URL. Empty: no application is told."`
	Scope    string            `config:"scope" default:"profile" doc:"Scope that asks for the claim: profile, email, phone, address, or one of your own."`
}

// Config lists attributes, in the order in which forms show them.
type Config []Attribute

const (
	most      = 100
	mostText  = 1024
	usualText = 256
	exact     = int64(1) << 53 // integers that every JSON parser keeps
)

// Validate refuses what cannot be meant, and names that are taken.
func (c Config) Validate() error {
	if len(c) > most {
		return fmt.Errorf("at most %d attributes", most)
	}
	names, claims := map[string]bool{}, map[string]bool{}
	for _, a := range c {
		if err := a.validate(); err != nil {
			return fmt.Errorf("%q: %w", a.Name, err)
		}
		if names[a.Name] || a.Claim != "" && claims[a.Claim] {
			return fmt.Errorf("%q: name and claim must be used once", a.Name)
		}
		names[a.Name], claims[a.Claim] = true, true
	}
	return nil
}

func (a Attribute) validate() error {
	for _, check := range []func(Attribute) error{checkName, checkWords, checkType, checkChoices, checkPattern, checkBounds, checkAccess, checkClaim, checkScope} {
		if err := check(a); err != nil {
			return err
		}
	}
	return nil
}

func checkName(a Attribute) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString(a.Name) {
		return errors.New("name must be lower case letters, digits and _, 64 at most")
	}
	if reserved(a.Name) {
		return errors.New("name is that of a standard claim or of the protocol")
	}
	return nil
}

func checkWords(a Attribute) error {
	if strings.TrimSpace(a.Label) == "" {
		return errors.New("label is missing")
	}
	for _, words := range []map[string]string{a.Labels, a.Hints} {
		for tag, s := range words {
			if _, err := language.Parse(tag); err != nil || strings.TrimSpace(s) == "" {
				return fmt.Errorf("labels and hints: %q is no language with a text", tag)
			}
		}
	}
	return nil
}

func checkType(a Attribute) error {
	if !slices.Contains([]string{"", Text, Integer, Boolean, Date, URL, Choice}, a.Type) {
		return errors.New("type must be text, integer, boolean, date, url or choice")
	}
	return nil
}

func checkChoices(a Attribute) error {
	if (a.Type == Choice) != (len(a.Choices) > 0) {
		return errors.New("choices belongs to the type choice, which needs it")
	}
	for i, s := range a.Choices {
		if !directory.Line(s) || s != strings.TrimSpace(s) || s == "" || len(s) > usualText || slices.Contains(a.Choices[:i], s) {
			return errors.New("choices must be different short texts")
		}
	}
	return nil
}

func checkPattern(a Attribute) error {
	if a.Pattern == "" {
		return nil
	}
	if a.kind() != Text {
		return errors.New("pattern belongs to the type text")
	}
	_, err := regexp.Compile(whole(a.Pattern))
	return err
}

func checkBounds(a Attribute) error {
	least, greatest := a.bounds()
	if (a.Min != nil || a.Max != nil) && a.kind() != Text && a.kind() != Integer {
		return errors.New("min and max belong to texts and integers")
	}
	if least > greatest || least < -exact || greatest > exact || a.kind() == Text && (least < 0 || greatest < 1 || greatest > mostText) {
		return errors.New("min and max fit no value")
	}
	return nil
}

func checkAccess(a Attribute) error {
	for _, who := range []string{a.View, a.Edit} {
		if !slices.Contains([]string{"", Person, Operator}, who) {
			return errors.New("view and edit must be person or operator")
		}
	}
	if a.Required && a.Edit != Person {
		return errors.New("required needs edit: person, for who else could answer")
	}
	return nil
}

func checkClaim(a Attribute) error {
	if a.Claim == "" {
		return nil
	}
	if reserved(a.Claim) {
		return errors.New("claim is a standard one, or one of the protocol")
	}
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`).MatchString(a.Claim) {
		return nil
	}
	u, err := url.Parse(a.Claim)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(a.Claim) > 255 || strings.ContainsAny(a.Claim, `"\<> `) || !ascii(a.Claim) {
		return errors.New("claim must be a name or an https URL (RFC 7519 section 4.2)")
	}
	return nil
}

// checkScope keeps away from scopes that mean something else: openid, offline_access, groups and our own.
func checkScope(a Attribute) error {
	if a.Scope == "" {
		return nil
	}
	if !regexp.MustCompile(`^[a-z][a-z0-9_.:/-]{0,63}$`).MatchString(a.Scope) || strings.HasPrefix(a.Scope, "jedan:") ||
		slices.Contains([]string{"openid", "offline_access", "groups"}, a.Scope) {
		return errors.New("scope must be profile, email, phone, address, or a name of your own")
	}
	return nil
}

func whole(pattern string) string { return `\A(?:` + pattern + `)\z` }

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// reserved reports whether a name means something already: in the profile, in tokens, in the answers of UserInfo and introspection, or on forms.
func reserved(name string) bool {
	return slices.Contains(strings.Fields(`
		name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale
		phone_number phone_number_verified address updated_at username groups roles entitlements
		iss sub aud exp iat nbf jti auth_time nonce acr amr azp at_hash c_hash s_hash sid cnf act may_act client_id scope events typ active token_type
		authorization_details transaction_id urn:openid:params:jwt:claim:auth_req_id sub_jwk sub_id vot vtm toe txn rt_hash _claim_names _claim_sources
		htm htu ath trust_chain verified_claims
		admin state password password_hash tenant required csrf token flow action answer send code version new_password id subject identifier`), name)
}
