package directory

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Claims are OpenID standard claims (OpenID Connect Core section 5.1) and "username", the name that a person signs in with. Values are strings,
// bools, and for address an object of strings. Text claims may carry a language ("name#ja-Kana-JP", section 5.2).
type Claims map[string]any

// Names of claims that this package itself reads.
const (
	claimEmail         = "email"
	claimEmailVerified = "email_verified"
	claimPhone         = "phone_number"
	claimPhoneVerified = "phone_number_verified"
	claimUsername      = "username"
	claimPreferred     = "preferred_username"
	claimUpdated       = "updated_at"
	claimAddress       = "address"
)

// maxProfile is the largest profile as JSON, in bytes.
const maxProfile = 16 * 1024

// String is a claim's text, empty when it is absent or no text.
func (c Claims) String(name string) string {
	s, _ := c[name].(string)
	return s
}

// Bool is a claim's truth, false when it is absent or no bool.
func (c Claims) Bool(name string) bool {
	b, _ := c[name].(bool)
	return b
}

// Validate returns a copy of c in which every value has its canonical type, or errs.Invalid naming the first claim that is not allowed. Names
// that are not in the standard's list are refused: what tokens say about themselves (iss, sub, acr, …) and what grants power (roles, groups) never
// comes from a profile (PW22).
func (c Claims) Validate() (Claims, error) {
	out := make(Claims, len(c))
	for name, value := range c {
		check, ok := checkOf(name)
		if !ok {
			return nil, unknown(name)
		}
		canonical, problem := check(value)
		if problem != "" {
			return nil, invalid(name, problem)
		}
		out[name] = canonical
	}
	if problem := out.together(); problem != nil {
		return nil, problem
	}
	return out, nil
}

// together checks what one claim alone cannot show.
func (c Claims) together() error {
	for _, pair := range [][2]string{{claimEmailVerified, claimEmail}, {claimPhoneVerified, claimPhone}} {
		if c.Bool(pair[0]) && c.String(pair[1]) == "" {
			return invalid(pair[0], "needs "+pair[1])
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return errs.Wrap(errs.Invalid, "The profile cannot be stored.", err)
	}
	if len(raw) > maxProfile {
		return errs.New(errs.TooLarge, "The profile is too large.")
	}
	return nil
}

// merge returns c with patch applied: a nil value removes a claim. A new address or number is unverified unless patch says otherwise.
func (c Claims) merge(patch Claims) Claims {
	out := maps.Clone(c)
	if out == nil {
		out = Claims{}
	}
	unverify(out, patch, claimEmail, claimEmailVerified)
	unverify(out, patch, claimPhone, claimPhoneVerified)
	for name, value := range patch {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

func unverify(out, patch Claims, name, verified string) {
	if value, given := patch[name]; given && value != out[name] {
		delete(out, verified)
	}
}

// checkOf finds the rule for a claim's name, which may carry a language tag if the claim is text for people.
func checkOf(name string) (claimCheck, bool) {
	base, tag, tagged := strings.Cut(name, "#")
	check, ok := standard(base)
	if !ok || !tagged {
		return check, ok
	}
	if _, err := language.Parse(tag); err != nil || len(tag) > 35 || !localised(base) {
		return nil, false
	}
	return check, true
}

// invalid names the claim, if it is one of ours: a name that somebody sent is not repeated in full.
func invalid(name, problem string) error {
	if len(name) > 64 || !utf8.ValidString(name) || !plain(name, false) {
		name = "a claim"
	}
	return errs.New(errs.Invalid, fmt.Sprintf("%s %s.", name, problem))
}
