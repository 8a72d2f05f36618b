package password

import (
	"strings"
	"unicode"
)

// guessable reports whether a folded password is common, or a common one dressed up in the ways that every guesser tries first: repeated,
// written as a run (aaaa, 1234, dcba), or with such a run, a year or a few signs before or behind it.
func guessable(pw string) bool {
	if isCommon(pw) || isRun(pw) || isRepeated(pw) {
		return true
	}
	core := strings.TrimFunc(pw, func(r rune) bool { return !unicode.IsLetter(r) })
	if core == pw || !isCommon(core) && !isRun(core) && !isRepeated(core) {
		return false
	}
	front, back, _ := strings.Cut(pw, core)
	return isPadding(front) && isPadding(back)
}

// isPadding reports whether s is nothing, at most four characters, or one run.
func isPadding(s string) bool {
	return len([]rune(s)) <= 4 || isRun(s)
}

// isRun reports whether each character follows the one before by the same step of -1, 0 or 1; 0 may follow 9.
func isRun(s string) bool {
	r := []rune(s)
	if len(r) < 3 {
		return false
	}
	step := stepOf(r[0], r[1])
	for i := 1; i+1 < len(r); i++ {
		if stepOf(r[i], r[i+1]) != step {
			return false
		}
	}
	return step >= -1 && step <= 1
}

func stepOf(a, b rune) int {
	switch {
	case a == '9' && b == '0':
		return 1
	case a == '0' && b == '9':
		return -1
	}
	return int(b) - int(a)
}

// isRepeated reports whether s is one unit twice or more, the last perhaps cut off, where the unit is short, common or a run.
func isRepeated(s string) bool {
	r := []rune(s)
	for n := 1; n <= len(r)/2; n++ {
		if !hasPeriod(r, n) {
			continue
		}
		unit := string(r[:n])
		return n <= 4 || isCommon(unit) || isRun(unit)
	}
	return false
}

func hasPeriod(r []rune, n int) bool {
	for i := n; i < len(r); i++ {
		if r[i] != r[i-n] {
			return false
		}
	}
	return true
}
