package runner

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
)

func TestNewRefusesBadConfiguration(t *testing.T) {
	good := Config{Suite: "https://localhost:8443", Issuer: "https://localhost:9443", Username: "u", Password: "p"}
	cases := map[string]func(*Config){
		"suite without host":    func(c *Config) { c.Suite = "https://" },
		"suite with a password": func(c *Config) { c.Suite = "https://u:p@localhost" },
		"suite over plain http": func(c *Config) { c.Suite = "http://suite.example" },
		"suite of another kind": func(c *Config) { c.Suite = "file:///etc" },
		"issuer over http":      func(c *Config) { c.Issuer = "http://localhost:9443" },
		"no issuer":             func(c *Config) { c.Issuer = "" },
		"no username":           func(c *Config) { c.Username = "" },
		"no password":           func(c *Config) { c.Password = "" },
		"broken server config":  func(c *Config) { c.Server = json.RawMessage(`{`) },
	}
	c := &clock{}
	deps := Deps{Provider: &fakeProvider{}, HTTP: http.DefaultClient, Public: http.DefaultClient, Progress: func(string) {}, Now: c.Now, Pause: c.Pause}
	if _, err := New(good, deps); err != nil {
		t.Fatal(err)
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			bad := good
			change(&bad)
			if _, err := New(bad, deps); err == nil {
				t.Error("want an error")
			}
		})
	}
	deps.Provider = nil
	if _, err := New(good, deps); err == nil {
		t.Error("without a provider: want an error")
	}
}

// The suite's self-signed certificate is accepted on loopback; anywhere else that would hand the secrets to whoever answers.
func TestSelfSignedOnlyOnLoopback(t *testing.T) {
	for base, want := range map[string]bool{
		"https://localhost:8443": true, "https://127.0.0.1:8443": true, "https://[::1]:8443": true,
		"https://suite.example": false, "https://127.0.0.1.example": false, "https://localhost.example": false, "https://10.0.0.1": false,
	} {
		client, err := NewHTTPClient(base)
		if err != nil {
			t.Fatal(err)
		}
		cfg := client.Transport.(*http.Transport).TLSClientConfig
		got := cfg != nil && cfg.InsecureSkipVerify
		if got != want {
			t.Errorf("%s: accepts any certificate: %v, want %v", base, got, want)
		}
		if cfg != nil && cfg.MinVersion < tls.VersionTLS12 {
			t.Errorf("%s: allows TLS %x", base, cfg.MinVersion)
		}
	}
}

func TestLoopbackNameMustBeALoopbackAddress(t *testing.T) {
	ctx := context.Background()
	for address, want := range map[string]error{
		"127.0.0.1:8443": nil, "[::1]:8443": nil, "[::ffff:127.0.0.1]:8443": nil,
		"192.0.2.1:8443": errNotLoopback, "[2001:db8::1]:8443": errNotLoopback, "nonsense": errNotLoopback,
	} {
		if got := loopbackOnly(ctx, "tcp", address, nil); !errors.Is(got, want) {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	client, err := NewHTTPClient("https://localhost:8443")
	if err != nil {
		t.Fatal(err)
	}
	if got := client.CheckRedirect(nil, nil); !errors.Is(got, http.ErrUseLastResponse) {
		t.Errorf("got %v", got)
	}
}

func TestRedactionByName(t *testing.T) {
	got, err := newRedactor("abc").document(map[string]any{
		"client_secret": "s1", "Database_Password": "s2", "nested": []any{map[string]any{"access_token": "s3", "plain": "abcabc"}},
		"empty_secret": "", "token_lifetime": 5, "secret": map[string]any{"file": "kept"},
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Database_Password":"[redacted]","client_secret":"[redacted]","empty_secret":"","nested":[{"access_token":"[redacted]","plain":"abcabc"}],"secret":{"file":"kept"},"token_lifetime":5}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}
