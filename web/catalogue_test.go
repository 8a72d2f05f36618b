package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCataloguesAgree(t *testing.T) {
	texts, err := loadCatalogues()
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{[a-z]+\}`)
	for lang, catalogue := range texts {
		for key, text := range texts[defaultLang] {
			other, ok := catalogue[key]
			if !ok || strings.TrimSpace(other) == "" {
				t.Errorf("%s: %s is missing", lang, key)
				continue
			}
			want, got := place.FindAllString(text, -1), place.FindAllString(other, -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
				t.Errorf("%s: %s has the places %v, want %v", lang, key, got, want)
			}
		}
		for key, text := range catalogue {
			if !texts.has(key) {
				t.Errorf("%s: %s exists in no other catalogue", lang, key)
			}
			if strings.ContainsAny(text, "!<>&") {
				t.Errorf("%s: %s: %q has an exclamation mark or markup", lang, key, text)
			}
		}
	}
}

// sources are the package's own templates and Go files, without tests.
func sources(t *testing.T) (templates, code string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		into := &templates
		switch {
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			into = &code
		case !strings.HasSuffix(path, ".html"):
			return nil
		}
		data, err := os.ReadFile(path) //nolint:gosec // G304: the package's own files
		*into += string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return templates, code
}

// builtKeys are the keys that code puts together from a prefix and a name.
func builtKeys() []string {
	keys := []string{"home.appearance.auto", "home.appearance.light", "home.appearance.dark"}
	for _, scope := range []string{"openid", "profile", "email", "address", "phone", "groups", "offline_access"} {
		keys = append(keys, "scope."+scope)
	}
	for m := time.January; m <= time.December; m++ {
		keys = append(keys, "month."+time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC).Format("1"))
	}
	for _, unit := range []string{"second", "minute", "hour", "day"} {
		keys = append(keys, "wait."+unit+".one", "wait."+unit+".other")
	}
	for _, code := range []string{"access_denied", "not_found", "server_error", "temporarily_unavailable", "too_many_requests"} {
		keys = append(keys, "error.title."+code, "error.text."+code)
	}
	for _, done := range []string{"added", "renamed", "removed"} {
		keys = append(keys, "passkeys.done."+done)
	}
	return append(append(append(keys, "error.text.invalid_request"), activityKeys()...), qrKeys()...)
}

func TestEveryKeyIsUsedAndExists(t *testing.T) {
	texts, err := loadCatalogues()
	if err != nil {
		t.Fatal(err)
	}
	templates, code := sources(t)
	for key := range texts[defaultLang] {
		if !strings.Contains(templates+code, `"`+key+`"`) && !slices.Contains(builtKeys(), key) {
			t.Errorf("%s is used nowhere", key)
		}
	}
	for _, key := range builtKeys() {
		if !texts.has(key) {
			t.Errorf("%s does not exist", key)
		}
	}
	spoken := regexp.MustCompile(`\b(?:T|H|msg|Problem|Label)[ (]"([a-z_.]+)"(?: "([a-z_.]+)")?|= "((?:login|field|error)\.[a-z_.]+)"`)
	n := 0
	for _, m := range spoken.FindAllStringSubmatch(templates+code, -1) {
		for _, key := range m[1:] {
			if !strings.Contains(key, ".") || strings.HasSuffix(key, ".") {
				continue // the name of a place, or the prefix of a built key
			}
			if n++; !texts.has(key) {
				t.Errorf("%s does not exist", key)
			}
		}
	}
	if n < 80 {
		t.Errorf("found only %d keys in templates and code: the search is broken", n)
	}
}

func TestWaitAndDate(t *testing.T) {
	texts, err := loadCatalogues()
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[time.Duration][2]string{
		time.Second:              {"one second", "eine Sekunde"},
		41001 * time.Millisecond: {"42 seconds", "42 Sekunden"},
		61 * time.Second:         {"2 minutes", "2 Minuten"},
		time.Minute:              {"60 seconds", "60 Sekunden"},
		time.Hour:                {"60 minutes", "60 Minuten"},
		61 * time.Minute:         {"2 hours", "2 Stunden"},
		48 * time.Hour:           {"48 hours", "48 Stunden"},
		720 * time.Hour:          {"30 days", "30 Tage"},
	} {
		if en, de := texts.wait("en", d), texts.wait("de", d); en != want[0] || de != want[1] {
			t.Errorf("%v: %q and %q, want %q", d, en, de, want)
		}
	}
	at := time.Date(2026, 3, 7, 9, 5, 0, 0, time.FixedZone("CET", 3600))
	if en, de := texts.date("en", at), texts.date("de", at); en != "7 March 2026, 09:05 CET" || de != "7. März 2026, 09:05 CET" {
		t.Errorf("%q and %q", en, de)
	}
}

func TestScopeText(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, c := range []struct {
		lang, scope, title string
		known              bool
	}{
		{"en", "email", "See your email address", true},
		{"de", "email", "Ihre E-Mail-Adresse sehen", true},
		{"xx", "phone", "See your phone number", true},
		{"en", "files:write", "Use “files:write”", false},
		{"de", "\u202eetirw", "„etirw“ verwenden", false},
	} {
		if title, known := r.ScopeText(c.lang, c.scope); title != c.title || known != c.known {
			t.Errorf("%s %q: %q %v, want %q %v", c.lang, c.scope, title, known, c.title, c.known)
		}
	}
}
