package dpop

import (
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	for in, want := range map[string]string{
		"https://id.test/oauth2/token":               "https://id.test/oauth2/token",
		"HTTPS://ID.Test:443/oauth2/token?x=1#y":     "https://id.test/oauth2/token",
		"http://id.test:80/a":                        "http://id.test/a",
		"https://id.test:8443/a":                     "https://id.test:8443/a",
		"https://id.test:80/a":                       "https://id.test:80/a",
		"https://id.test":                            "https://id.test/",
		"https://id.test/%6fauth2/tok%65n":           "https://id.test/oauth2/token",
		"https://id.test/a%2fb":                      "https://id.test/a%2Fb",
		"https://id.test/a/./b/../c":                 "https://id.test/a/c",
		"https://id.test/a/..":                       "https://id.test/",
		"https://id.test/a/b/.":                      "https://id.test/a/b/",
		"https://[2001:DB8::1]:443/a":                "https://[2001:db8::1]/a",
		"https://[2001:db8::1]:8443/a":               "https://[2001:db8::1]:8443/a",
		"https://id.test:/a":                         "https://id.test/a",
		"https://id.test/oauth2/token/":              "https://id.test/oauth2/token/",
		"https://id.test//oauth2/token":              "https://id.test//oauth2/token",
		"https://id.test/%c3%bc":                     "https://id.test/%C3%BC",
		"https://id.test/t/../../../../oauth2/token": "https://id.test/oauth2/token",
	} {
		if got, ok := normalise(in); !ok || got != want {
			t.Errorf("%s: %s %v, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"", "/oauth2/token", "id.test/oauth2/token", "https:oauth2", "https:///oauth2/token", "ftp://id.test/a", "https://me@id.test/a", "https://me:x@id.test/a", "javascript://id.test/a", "https://id.test/%zz",
		"https://id.test/\x00", "https://id.test:x/a", "https://" + strings.Repeat("a", 3000),
	} {
		if got, ok := normalise(in); ok {
			t.Errorf("%q: %s", in, got)
		}
	}
}

// Whatever is normal stays as it is, and keeps neither query nor fragment nor user.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"https://id.test/oauth2/token", "HTTPS://ID.test:443/%7e/../x?y#z", "http://[::1]:80", "https://id.test/a%2f..%2fb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, ok := normalise(s)
		if !ok {
			return
		}
		if twice, ok := normalise(once); !ok || twice != once {
			t.Errorf("%q: %q, then %q %v", s, once, twice, ok)
		}
		if strings.ContainsAny(once, "?#@ ") && !strings.Contains(s, "@") {
			t.Errorf("%q: %q", s, once)
		}
	})
}
