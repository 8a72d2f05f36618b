package directory

import (
	"strings"
	"unicode"
)

// oneScript reports whether the letters of s belong to one script, or to a mixture that one language writes (UTS 39 section 5.2, "highly
// restrictive", without Latin beside another script), and do not pass for Latin.
func oneScript(s string) bool {
	found, known := scriptsOf(s)
	return known && coherent(found) && !passesForLatin(s)
}

// scriptsOf returns the scripts of the letters of s; known is false when one is of none that people write names in.
func scriptsOf(s string) (found map[string]bool, known bool) {
	found = map[string]bool{}
	for _, r := range s {
		name := scriptOf(r)
		if name == "" {
			return nil, false
		}
		if name != neutral {
			found[name] = true
		}
	}
	return found, true
}

const neutral = "neutral" // signs and marks that every script uses

// scripts are the ones people write names in today (UAX 31 table 5, recommended, and Hangul and kana together with Han).
func scripts() []string {
	return []string{
		"Latin", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Bopomofo", "Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil",
		"Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Oriya", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian",
		"Ethiopic", "Tibetan", "Thaana",
	}
}

func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return neutral
	}
	for _, name := range scripts() {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	return ""
}

func coherent(found map[string]bool) bool {
	if len(found) <= 1 {
		return true
	}
	for _, mixture := range []string{"Han Hiragana Katakana", "Han Bopomofo", "Han Hangul"} {
		all := true
		for name := range found {
			all = all && strings.Contains(mixture, name)
		}
		if all {
			return true
		}
	}
	return false
}

// passesForLatin reports whether every letter of a Cyrillic or Greek name looks like a Latin one, so that nobody could tell it from a Latin name.
func passesForLatin(s string) bool {
	const alike = "асԁеһіјӏорԛѕԝхуъьҽпгѵѡ" + "οανικρτυωχγ"
	letters := 0
	for _, r := range s {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if !strings.ContainsRune(alike, r) {
			return false
		}
	}
	return letters > 0
}
