package password

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Limits of a password. They are checked before anything is hashed (PW11).
const (
	MaxRunes = 256  // characters after normalisation
	MaxBytes = 1024 // bytes, before and after normalisation
)

// Normalise brings pw into Unicode form NFC, so that keyboards that compose characters differently agree (NIST SP 800-63B-4 section 3.1.1.2).
// errs.TooLarge when it is over a limit; errs.Invalid when it is not UTF-8 or contains NUL. Nothing is trimmed or cut off.
func Normalise(pw string) (string, error) {
	if len(pw) > MaxBytes {
		return "", errs.New(errs.TooLarge, "The password is too long.")
	}
	if !utf8.ValidString(pw) || strings.IndexByte(pw, 0) >= 0 {
		return "", errs.New(errs.Invalid, "The password contains characters that cannot be used.")
	}
	pw = norm.NFC.String(pw)
	if len(pw) > MaxBytes || utf8.RuneCountInString(pw) > MaxRunes {
		return "", errs.New(errs.TooLarge, "The password is too long.")
	}
	return pw, nil
}
