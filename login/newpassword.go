package login

import (
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/web"
)

// PasswordPolicy judges new passwords: keys of what is wrong ("password.short"), none if it may be used (password.Policy).
type PasswordPolicy interface {
	Check(pw string, context ...string) []string
}

// WeighPassword looks at a new password without hashing (PW10, PW11), for every page that takes one without the old one. problem is the key of what is wrong with it;
// context are words that it must not be made of. errs.Invalid for what is no text.
func WeighPassword(policy PasswordPolicy, next string, context ...string) (problem string, err error) {
	if next == "" {
		return web.FieldPasswordMissing, nil
	}
	if _, err := password.Normalise(next); err != nil {
		return "", err
	}
	if found := policy.Check(next, context...); len(found) > 0 {
		return "field." + found[0], nil
	}
	return "", nil
}
