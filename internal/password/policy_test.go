package password

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// PW10: length alone, a list, and words near at hand; no composition rules.
func TestPolicy(t *testing.T) {
	ctx := []string{"maria.kovac@example.org", "Maria Kovač", "Acme Files"}
	for name, c := range map[string]struct {
		least int
		pw    string
		want  []string
	}{
		"alone, 14":             {0, "kq7 vhw zb3 mp", []string{ProblemShort}},
		"alone, 15":             {0, "kq7 vhw zb3 mpx", nil},
		"with a factor, 7":      {MinWithFactor, "kq7vhwz", []string{ProblemShort}},
		"with a factor, 8":      {MinWithFactor, "kq7vhwzb", nil},
		"never fewer than 8":    {4, "kq7vhwz", []string{ProblemShort}},
		"characters, not bytes": {0, "äöüäßüöäüöß", []string{ProblemShort}},
		"emoji":                 {MinWithFactor, "🦊🌲🚲🎻🧊🪁🧵🦉", nil},
		"spaces":                {0, "vier rote rosse traben", nil},
		"all lower case":        {0, "fjordblickterrasse", nil},
		"64 characters":         {0, strings.Repeat("kq7 vhw z", 7) + "x", nil},
		"256 characters":        {0, strings.Repeat("kq7vhwz ", 32), nil},
		"257 characters":        {0, strings.Repeat("kq7vhwz ", 32) + "x", []string{ProblemLong}},
		"1 MB":                  {0, strings.Repeat("kq7vhwz ", 1<<17), []string{ProblemLong}},
		"NUL":                   {0, "kq7 vhw zb3 mpx\x00", []string{ProblemUnusable}},
		"not UTF-8":             {0, "kq7 vhw zb3 mpx\xff", []string{ProblemUnusable}},
		"empty":                 {0, "", []string{ProblemShort}},
		"in the list":           {MinWithFactor, "trustno1", []string{ProblemCommon}},
		"in the list, long":     {0, "1qaz2wsx3edc4rfv", []string{ProblemCommon}},
		"in capitals":           {MinWithFactor, "TrustNo1", []string{ProblemCommon}},
		"in wide letters":       {MinWithFactor, "ｐａｓｓｗｏｒｄ", []string{ProblemCommon}},
		"twice":                 {0, "passwordpassword", []string{ProblemCommon}},
		"twice and a bit":       {0, "sunshinesunshinesun", []string{ProblemCommon}},
		"with a run":            {0, "password123456789", []string{ProblemCommon}},
		"with a year":           {MinWithFactor, "sunshine2026", []string{ProblemCommon}},
		"between":               {MinWithFactor, "!!password!!", []string{ProblemCommon}},
		"one sign":              {0, "aaaaaaaaaaaaaaaa", []string{ProblemCommon}},
		"digits":                {0, "123456789012345678", []string{ProblemCommon}},
		"backwards":             {0, "zyxwvutsrqponmlk", []string{ProblemCommon}},
		"two signs":             {0, "abababababababab", []string{ProblemCommon}},
		"common in a sentence":  {0, "my password is a blue tractor", nil},
		"own name":              {MinWithFactor, "mariakovac1", []string{ProblemContext}},
		"own address":           {0, "maria.kovac@example.org", []string{ProblemContext}},
		"own name, much more":   {0, "maria has a grey parrot", nil},
		"the application":       {MinWithFactor, "AcmeFiles99", []string{ProblemContext}},
		"the product":           {MinWithFactor, "jedan-jedan", []string{ProblemContext}},
		"two problems":          {0, "maria1", []string{ProblemShort, ProblemCommon, ProblemContext}},
	} {
		got := Policy{MinLength: c.least}.Check(c.pw, ctx...)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestCommonListIsSortedAndLarge(t *testing.T) {
	if !strings.HasSuffix(commonList, "\n") {
		t.Fatal("the list has no end")
	}
	entries := strings.Split(strings.TrimSuffix(commonList, "\n"), "\n")
	if len(entries) < 10_000 || !slices.IsSorted(entries) {
		t.Fatalf("%d entries, sorted %v", len(entries), slices.IsSorted(entries))
	}
	for _, e := range entries {
		if !isCommon(e) {
			t.Fatalf("%q is not found", e)
		}
		if e != fold(e) {
			t.Fatalf("%q is not folded", e)
		}
		if isCommon(e + "\x01") {
			t.Fatalf("%q and more is found", e)
		}
	}
	for _, no := range []string{"", "\n", "0", "~~~~~~~~~", "correct horse battery staple", entries[0][:3], entries[0] + "\n" + entries[1]} {
		if isCommon(no) {
			t.Errorf("%q is found", no)
		}
	}
}

// FuzzCheck: no password makes the policy panic, and none under the minimum passes.
func FuzzCheck(f *testing.F) {
	f.Add("passwordpassword", "maria")
	f.Add("\xff\x00", "")
	f.Fuzz(func(t *testing.T, pw, context string) {
		problems := Policy{}.Check(pw, context)
		normal, err := Normalise(pw)
		if len(problems) == 0 && (err != nil || utf8.RuneCountInString(normal) < MinAlone) {
			t.Fatalf("%q passed", pw)
		}
	})
}
