package backup

import "testing"

func TestSpellings(t *testing.T) {
	for typed, want := range map[string]string{
		"abcde-fghjk": "abcdefghjk", " ABCDE FGHJK ": "abcdefghjk", "oOiIlL0101": "0011110101", "abcdefghj": "", "abcdefghjkm": "", "abcde-fghju": "", "ａbcdefghjk": "", "": "",
	} {
		if got, ok := clean(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
}

func TestFreshCodesAreSpelledAsTheyAreRead(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		c := fresh()
		if got, ok := clean(c); !ok || got != c || seen[c] {
			t.Fatalf("%q reads as %q", c, got)
		}
		seen[c] = true
	}
}
