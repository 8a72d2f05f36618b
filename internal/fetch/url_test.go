package fetch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

func TestCheckURL(t *testing.T) {
	for raw, want := range map[string]bool{
		"https://example.com":                   true,
		"https://example.com/jwks?x=1":          true,
		"https://EXAMPLE.com:8443/":             true,
		"https://xn--bcher-kva.example/":        true,
		"https://a_b.example/":                  true,
		"https://8.8.8.8/":                      true,
		"https://[2606:4700::1111]/":            true,
		"https://9.9.9.example/":                true,
		"https://123abc/":                       true,
		"http://example.com/":                   false,
		"":                                      false,
		"example.com":                           false,
		"//example.com/":                        false,
		"https:example.com":                     false,
		"https:///x":                            false,
		"https://:443/":                         false,
		"ftp://example.com/":                    false,
		"javascript:alert(1)":                   false,
		"https://u@example.com/":                false,
		"https://u:p@example.com/":              false,
		"https://@example.com/":                 false,
		"https://example.com/#f":                false,
		"https://example.com/#":                 false,
		"https://example.com:/":                 false,
		"https://example.com:0/":                false,
		"https://example.com:0443/":             false,
		"https://example.com:65536/":            false,
		"https://example.com:x/":                false,
		"https://example.com./":                 false,
		"https://example..com/":                 false,
		"https://-a.example/":                   false,
		"https://bücher.example/":               false,
		"https://exa mple.com/":                 false,
		"https://example.com/a b":               false,
		"https://example.com\\@evil.example/":   false,
		"https://example.com/\n":                false,
		"https://example.com/\x00":              false,
		"https://1.2.3/":                        false,
		"https://0x7f/":                         false,
		"https://a.0x/":                         false,
		"https://a.99999999999999999999999/":    false,
		"https://[8.8.8.8]/":                    false,
		"https://[2606:4700:0:0:0:0:0:1111]/":   false,
		"https://[2606:4700::1111%25eth0]/":     false,
		"https://" + strings.Repeat("a", 64):    false,
		"https://a/" + strings.Repeat("x", 3e3): false,
	} {
		_, err := fetch.CheckURL(raw, false)
		if (err == nil) != want || err != nil && !errors.Is(err, fetch.ErrRefused) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if _, err := fetch.CheckURL("http://example.com/", true); err != nil {
		t.Error(err)
	}
	client, err := fetch.New(fetch.Config{AllowNetworks: []string{"10.0.0.0/8"}}, fetch.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{"https://10.1.1.1/": true, "https://192.168.1.1/": false, "http://10.1.1.1/": false, "https://intranet/": true} {
		if err := client.Check(raw); (err == nil) != want {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestConfig(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		cfg  fetch.Config
		want bool
	}{
		"zero":           {fetch.Config{}, true},
		"all":            {fetch.Config{AllowNetworks: []string{"10.0.0.0/8", "fd00::/8"}, AllowHTTP: true, Timeout: time.Second, PerHost: 5}, true},
		"bad network":    {fetch.Config{AllowNetworks: []string{"10.0.0.1"}}, false},
		"mapped network": {fetch.Config{AllowNetworks: []string{"::ffff:10.0.0.0/104"}}, false},
		"long timeout":   {fetch.Config{Timeout: time.Minute}, false},
		"negative":       {fetch.Config{Timeout: -1}, false},
		"negative rate":  {fetch.Config{PerHost: -1}, false},
		"no trust":       {fetch.Config{Trust: "/nowhere.pem"}, false},
		"empty trust":    {fetch.Config{Trust: empty}, false},
	} {
		if _, err := fetch.New(one.cfg, fetch.Deps{}); (err == nil) != one.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/", "https://[::1]/", "https://0x7f.1/", "https://a@b:c@d/", "https://%31"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := fetch.CheckURL(raw, false)
		if err != nil {
			return
		}
		again, err := fetch.CheckURL(u.String(), false)
		if err != nil || again.Host != u.Host || u.User != nil || u.Scheme != "https" {
			t.Fatalf("%q became %q: %v", raw, u, err)
		}
	})
}
