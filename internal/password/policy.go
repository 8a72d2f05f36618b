package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What can be wrong with a new password: keys of the message catalogue.
const (
	ProblemUnusable = "password.unusable" // not UTF-8, or NUL
	ProblemShort    = "password.short"
	ProblemLong     = "password.long"
	ProblemCommon   = "password.common"  // in the list of common passwords, or one of them dressed up
	ProblemContext  = "password.context" // mostly the person's or the product's own name
	ProblemStolen   = "password.stolen"  // in a collection of stolen ones
)

// Lengths of NIST SP 800-63B-4 section 3.1.1.2, in characters.
const (
	MinAlone      = 15 // the password is the only factor
	MinWithFactor = 8  // a second factor is there
)

// product is refused as the heart of a password, beside what the caller gives as context.
const product = "jedan"

// Policy judges new passwords: by length, a list of common ones and words that are near at hand. It knows no rules of composition.
// The zero value asks for MinAlone characters.
type Policy struct {
	MinLength int // in characters, after normalisation; 0: MinAlone. Never less than MinWithFactor counts.
	// Stolen looks a password up that is otherwise good; nil: it is not looked up. It must not wait long, and without an answer it says no.
	Stolen func(password string) bool
}

// Check returns what is wrong with pw, nothing if it may be used. context holds words that a guesser knows: name, mail address, user name,
// application; an address is split at its signs.
func (p Policy) Check(pw string, context ...string) []string {
	if len(pw) > MaxBytes {
		return []string{ProblemLong}
	}
	normal, err := Normalise(pw)
	if err != nil {
		return []string{unusable(pw)}
	}
	var problems []string
	if utf8.RuneCountInString(normal) < p.least() {
		problems = append(problems, ProblemShort)
	}
	folded := fold(normal)
	if guessable(folded) {
		problems = append(problems, ProblemCommon)
	}
	if mostlyContext(folded, words(context)) {
		problems = append(problems, ProblemContext)
	}
	if len(problems) == 0 && p.Stolen != nil && p.Stolen(normal) {
		return []string{ProblemStolen}
	}
	return problems
}

func (p Policy) least() int {
	if p.MinLength == 0 {
		return MinAlone
	}
	return max(p.MinLength, MinWithFactor)
}

func unusable(pw string) string {
	if utf8.ValidString(pw) && strings.IndexByte(pw, 0) < 0 {
		return ProblemLong
	}
	return ProblemUnusable
}

// fold makes look-alike spellings equal: width, ligatures, case.
func fold(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }

// words splits context into folded words of four characters or more.
func words(context []string) []string {
	out := []string{product}
	for _, c := range context {
		if len(c) > MaxBytes {
			continue
		}
		c = fold(c)
		for w := range strings.FieldsFuncSeq(c, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if utf8.RuneCountInString(w) >= 4 {
				out = append(out, w)
			}
		}
	}
	return out
}

// mostlyContext reports whether pw has a context word and fewer than eight other letters and digits.
func mostlyContext(pw string, words []string) bool {
	rest := pw
	for _, w := range words {
		rest = strings.ReplaceAll(rest, w, "")
	}
	if rest == pw {
		return false
	}
	others := 0
	for _, r := range rest {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			others++
		}
	}
	return others < MinWithFactor
}
