package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Limits of identifiers in bytes, checked before anything else is done with them (DS09). RFC 5321 section 4.5.3.1.
const (
	maxEmail    = 254
	maxLocal    = 64
	maxUsername = 128
)

// maxUsernameRunes is the longest user name in characters.
const maxUsernameRunes = 64

// CanonicalEmail is the form under which an address is found: the domain in lower case as IDNA A-labels, the local part in NFKC and case-folded.
// Local parts that differ only in case are one person. errs.Invalid when s is no address that mail could reach, when it is quoted, or when
// its letters mix scripts.
func CanonicalEmail(s string) (string, error) {
	if len(s) > maxEmail || !utf8.ValidString(s) {
		return "", badIdentifier()
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > maxLocal {
		return "", badIdentifier()
	}
	local, err := canonicalLocal(s[:at])
	if err != nil {
		return "", err
	}
	domain, err := canonicalDomain(s[at+1:])
	if err != nil {
		return "", err
	}
	if len(local)+1+len(domain) > maxEmail {
		return "", badIdentifier()
	}
	return local + "@" + domain, nil
}

// canonicalLocal takes RFC 5322 dot-atoms, and RFC 6531's with letters of any one script.
func canonicalLocal(s string) (string, error) {
	s = fold(s)
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") || !oneScript(s) {
		return "", badIdentifier()
	}
	for _, r := range s {
		if !isWord(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r) {
			return "", badIdentifier()
		}
	}
	return s, nil
}

func canonicalDomain(s string) (string, error) {
	for _, r := range s { // IDNA would drop what nobody sees
		if !isWord(r) && !strings.ContainsRune("-.\u3002\uff0e\uff61", r) {
			return "", badIdentifier()
		}
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil || ascii == "" || len(ascii) > 253 || strings.HasSuffix(ascii, ".") || !honestDomain(ascii) {
		return "", badIdentifier()
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", badIdentifier()
		}
	}
	return strings.ToLower(ascii), nil
}

// honestDomain reports whether no label mixes scripts, and none passes for Latin before a Latin top-level domain (UTS 39, PW26).
func honestDomain(ascii string) bool {
	shown, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return false
	}
	labels := strings.Split(shown, ".")
	latin := isASCII(labels[len(labels)-1])
	for _, label := range labels {
		if isASCII(label) {
			continue
		}
		found, known := scriptsOf(label)
		if !known || !coherent(found) || latin && passesForLatin(label) {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// CanonicalUsername is the form under which a user name is found: RFC 8265's UsernameCaseMapped. errs.Invalid when it holds signs other than
// . _ - + ~ ', looks like a mail address, mixes scripts, or is written in another script's look-alikes (UTS 39, PW26).
func CanonicalUsername(s string) (string, error) {
	if len(s) > maxUsername || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxUsernameRunes {
		return "", badIdentifier()
	}
	canonical, err := precis.UsernameCaseMapped.String(s)
	if err != nil || len(canonical) > maxUsername || !oneScript(canonical) || !allowedName(canonical) {
		return "", badIdentifier()
	}
	return canonical, nil
}

// allowedName wants a letter or digit at both ends; that leaves no room for an address, whatever width its sign had.
func allowedName(s string) bool {
	for _, r := range s {
		if !isWord(r) && !strings.ContainsRune("._-+~'", r) {
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return isWord(first) && isWord(last) && !unicode.IsMark(first)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

// fold is NFKC, case folding, and NFKC again because folding can undo it.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

func badIdentifier() error {
	return errs.New(errs.Invalid, "This mail address or user name cannot be used.")
}
