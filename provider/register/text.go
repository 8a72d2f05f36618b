package register

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// judgeText wants text for people: bounded in characters, with nothing invisible or that changes how the rest is read (DR06).
func judgeText(s string, most int) string {
	switch {
	case len(s) > most*utf8.UTFMax || utf8.RuneCountInString(s) > most:
		return "is too long"
	case !utf8.ValidString(s):
		return "must be UTF-8"
	case strings.TrimSpace(s) == "":
		return "must not be blank"
	case strings.TrimSpace(s) != s:
		return "must not begin or end with a space"
	case strings.ContainsFunc(s, invisible):
		return "must not have control characters, bidirectional controls or invisible characters"
	}
	return ""
}

// invisible are controls, line ends, format characters (the bidirectional ones among them), private use and what is no character. The two joiners
// stay: Persian and emoji need them.
func invisible(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Bidi_Control, unicode.Noncharacter_Code_Point)
}

// scopeToken is RFC 6749 section 3.3.
func scopeToken(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// judgeScopes judges a list of scopes.
func judgeScopes(scopes []string) string {
	seen := map[string]bool{}
	for _, s := range scopes {
		switch {
		case len(s) > maxScope || !scopeToken(s):
			return "must have scopes of 1 to 128 printable ASCII characters without quotes and backslashes (RFC 6749 section 3.3)"
		case seen[s]:
			return "must not name a scope twice"
		}
		seen[s] = true
	}
	if len(scopes) > maxScopes {
		return "must not name more than 100 scopes"
	}
	return ""
}

const (
	maxScope  = 128
	maxScopes = 100
)

// printable reports whether s has 1 to most ASCII characters, none of them a space or control.
func printable(s string, most int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= most
}
