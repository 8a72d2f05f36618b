package runner

import (
	"net/url"
	"testing"
)

func TestLenient(t *testing.T) {
	for given, want := range map[string]string{
		"https://a.test/x?sid=a%20b":  "https://a.test/x?sid=a%20b",
		"https://a.test/x?sid=?#% %":  "https://a.test/x?sid=?#%25%20%25",
		"https://a.test/x?sid=%4%zz%": "https://a.test/x?sid=%254%25zz%25",
	} {
		got := lenient(given)
		if _, err := url.Parse(got); err != nil || got != want {
			t.Errorf("%q: %q %v", given, got, err)
		}
	}
}
