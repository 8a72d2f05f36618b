package device

import (
	"crypto/rand"
	"strings"
	"unicode"
)

// letters are those of user codes: no vowels, so that no word comes out, and nothing that looks like a digit (RFC 8628 section 6.1).
const letters = "BCDFGHJKLMNPQRSTVWXZ"

// codeLen letters are 34.5 bits: with ten tries nobody finds one of a few thousand that wait (RFC 8628 section 5.1).
const codeLen = 8

// unbiased is the largest multiple of the number of letters that a byte can be below.
const unbiased = 256 / len(letters) * len(letters)

// userCode is the letters alone.
type userCode string

// newUserCode draws one.
func newUserCode() userCode {
	var out [codeLen]byte
	var b [1]byte
	for i := 0; i < codeLen; {
		_, _ = rand.Read(b[:])    // never fails since Go 1.24
		if int(b[0]) < unbiased { // the rest would make the first letters likelier
			out[i] = letters[int(b[0])%len(letters)]
			i++
		}
	}
	return userCode(out[:])
}

// String is the code as people are shown it.
func (c userCode) String() string { return string(c[:codeLen/2]) + "-" + string(c[codeLen/2:]) }

// maxTyped bounds what is looked at of what somebody typed, in bytes.
const maxTyped = 64

// parseUserCode reads what a person typed: in any case, with dashes, dots and spaces wherever.
func parseUserCode(typed string) (userCode, bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	var out []byte
	for _, r := range strings.ToUpper(typed) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r), r == '.', r == '_':
		case r < unicode.MaxASCII && strings.IndexByte(letters, byte(r)) >= 0:
			out = append(out, byte(r))
		default:
			return "", false
		}
	}
	return userCode(out), len(out) == codeLen
}
