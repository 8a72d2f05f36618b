package directory

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// claimCheck returns a value in its canonical type, or what is wrong with it.
type claimCheck func(value any) (canonical any, problem string)

// standard is the list of OpenID Connect Core section 5.1, without sub (the row has it) and updated_at (nobody sets it), plus username.
func standard(name string) (claimCheck, bool) {
	checks := map[string]claimCheck{
		"name": text(256), "given_name": text(128), "family_name": text(128), "middle_name": text(128), "nickname": text(128),
		claimPreferred: text(128), "profile": webURL, "picture": webURL, "website": webURL,
		claimEmail: email, claimEmailVerified: truth, "gender": text(64), "birthdate": birthdate, "zoneinfo": zoneinfo, "locale": locale,
		claimPhone: phone, claimPhoneVerified: truth, claimAddress: address, claimUsername: username,
	}
	check, ok := checks[name]
	return check, ok
}

// localised reports whether a claim is text that may exist in several languages and scripts.
func localised(name string) bool {
	switch name {
	case "name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "address":
		return true
	}
	return false
}

func text(most int) claimCheck {
	return func(value any) (any, string) {
		s, ok := value.(string)
		switch {
		case !ok:
			return nil, "must be text"
		case strings.TrimSpace(s) == "":
			return nil, "must not be empty"
		case len(s) > most*utf8.UTFMax || utf8.RuneCountInString(s) > most:
			return nil, "is too long"
		case !plain(s, false):
			return nil, "contains characters that cannot be used"
		}
		return s, ""
	}
}

// plain reports whether s is UTF-8 without control characters, line separators, bidirectional controls (which make text read as something else),
// private use, or code points that are no characters. Joiners stay: Persian and emoji need them.
func plain(s string, lines bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		switch {
		case r == '\n' && lines:
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Bidi_Control, r):
			return false
		case unicode.Is(unicode.Co, r), unicode.Is(unicode.Noncharacter_Code_Point, r):
			return false
		}
	}
	return true
}

func truth(value any) (any, string) {
	b, ok := value.(bool)
	if !ok {
		return nil, "must be true or false"
	}
	return b, ""
}

func email(value any) (any, string) {
	s, _ := value.(string)
	if _, err := CanonicalEmail(s); err != nil {
		return nil, "is not a mail address that can be used"
	}
	return s, ""
}

func username(value any) (any, string) {
	s, _ := value.(string)
	if _, err := CanonicalUsername(s); err != nil {
		return nil, "is not a name that can be used: letters and digits of one script, with . _ - + ~ ' between them"
	}
	return s, ""
}

func webURL(value any) (any, string) {
	if s, ok := value.(string); ok && WebURL(s) {
		return s, ""
	}
	return nil, "must be an http or https URL"
}

// WebURL reports whether s is an address of the web that may be shown to others.
func WebURL(s string) bool {
	if len(s) > 2048 || !Line(s) || strings.ContainsAny(s, " \\") {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// Line reports whether s is one line of text that reads as what it is, see plain.
func Line(s string) bool { return plain(s, false) }

// birthdate is YYYY-MM-DD, a year alone, or 0000-MM-DD for a birthday without a year.
func birthdate(value any) (any, string) {
	s, _ := value.(string)
	for _, layout := range []string{"2006-01-02", "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return s, ""
		}
	}
	return nil, "must be YYYY-MM-DD, 0000-MM-DD or YYYY"
}

// zoneinfo has the form of the IANA time zone database; the server need not know the zone.
func zoneinfo(value any) (any, string) {
	const problem = "must be a time zone such as Europe/Zagreb"
	s, _ := value.(string)
	parts := strings.Split(s, "/")
	if len(s) > 64 || len(parts) > 3 {
		return nil, problem
	}
	for _, part := range parts {
		if part == "" || !only(part, "_+-", true) {
			return nil, problem
		}
	}
	return s, ""
}

// locale is a BCP 47 tag; an underscore is read as a dash (OpenID Connect Core section 5.1).
func locale(value any) (any, string) {
	s, _ := value.(string)
	if _, err := language.Parse(s); s == "" || len(s) > 35 || err != nil {
		return nil, "must be a language tag such as de-AT"
	}
	return s, ""
}

// phone is E.164, with the usual signs between digits, or RFC 3966's extension.
func phone(value any) (any, string) {
	s, _ := value.(string)
	number, extension, extended := strings.Cut(s, ";ext=")
	digits, plus := strings.CutPrefix(number, "+")
	if !plus || len(digits) < 5 || len(digits) > 30 || !only(digits, " ().-", false) ||
		extended && (extension == "" || len(extension) > 10 || !only(extension, "", false)) {
		return nil, "must be a phone number such as +385 1 234 5678"
	}
	return s, ""
}

// only reports whether s has nothing but ASCII digits, the given signs, and ASCII letters if they are allowed.
func only(s, signs string, letters bool) bool {
	for i := range len(s) {
		b := s[i]
		digit := b >= '0' && b <= '9'
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
		if !digit && (!letter || !letters) && strings.IndexByte(signs, b) < 0 {
			return false
		}
	}
	return true
}

func address(value any) (any, string) {
	const problem = "must be an object of texts: formatted, street_address, locality, region, postal_code, country"
	members, ok := members(value)
	if !ok || len(members) == 0 {
		return nil, problem
	}
	out := make(map[string]any, len(members))
	for name, v := range members {
		s, ok := v.(string)
		if !ok || utf8.RuneCountInString(s) > 512 {
			return nil, problem
		}
		s = strings.ReplaceAll(s, "\r\n", "\n")
		switch name {
		case "formatted", "street_address":
			ok = plain(s, true)
		case "locality", "region", "postal_code", "country":
			ok = plain(s, false)
		default:
			ok = false
		}
		if !ok {
			return nil, problem
		}
		out[name] = s
	}
	return out, ""
}

func members(value any) (map[string]any, bool) {
	switch v := value.(type) {
	case map[string]any:
		return v, true
	case Claims:
		return v, true
	case map[string]string:
		out := make(map[string]any, len(v))
		for name, s := range v {
			out[name] = s
		}
		return out, true
	}
	return nil, false
}
