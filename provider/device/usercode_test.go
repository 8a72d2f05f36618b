package device

import (
	"strings"
	"testing"
)

// TK25: eight letters, each as likely as any other.
func TestUserCodesAreEvenlyDrawn(t *testing.T) {
	const n = 20_000
	var seen [256]int
	codes := map[userCode]bool{}
	for range n {
		c := newUserCode()
		if len(c) != codeLen || codes[c] {
			t.Fatalf("%q", c)
		}
		codes[c] = true
		for _, b := range []byte(c) {
			seen[b]++
		}
	}
	for _, l := range []byte(letters) {
		if mean := n * codeLen / len(letters); seen[l] < mean*9/10 || seen[l] > mean*11/10 {
			t.Errorf("%c: %d of %d", l, seen[l], n*codeLen)
		}
		seen[l] = 0
	}
	for b, times := range seen {
		if times > 0 {
			t.Errorf("%c is no letter of codes", b)
		}
	}
}

func FuzzUserCode(f *testing.F) {
	for _, s := range []string{"WDJB-MJHT", "wdjbmjht", " wdjb – mjht ", "", "WDJB-MJH", "WDJBMJHTT", "ABCDEFGH", "WDJB\u200bMJHT", "ſDJB-MJHT", strings.Repeat("B", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, ok := parseUserCode(typed)
		if !ok {
			return
		}
		if len(c) != codeLen || strings.Trim(string(c), letters) != "" {
			t.Fatalf("%q is read as %q", typed, c)
		}
		if again, ok := parseUserCode(c.String()); !ok || again != c {
			t.Fatalf("%q is not read back", c)
		}
	})
}
