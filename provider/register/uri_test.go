package register

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

func redirectWrong(s string) string { return judgeURI(s, redirectRules()) }

func TestRedirectURIsThatMayBeRegistered(t *testing.T) {
	for _, s := range []string{
		"https://app.test/cb", "https://app.test", "https://app.test:8443/cb", "https://app.test/cb?a=1&b=2", "https://localhost:8443/test/a/jedan/callback",
		"https://localhost:8443/test/a/x/callback?dummy1=lorem&dummy2=ipsum", "https://xn--bcher-kva.test/cb", "https://127.0.0.1/cb", "https://10.0.0.7/cb",
		"https://[2001:db8::1]/cb", "http://127.0.0.1/cb", "http://127.0.0.1:9999/cb", "http://[::1]/cb", "http://[::1]:80/cb", "http://localhost:3000/cb",
		"com.example.app:/cb", "com.example.app://oauth/cb", "com.example.app:///cb", "https://my_app.internal/cb", "https://app.test/a%20b", "https://app.test/~a/%C3%A9",
	} {
		if wrong := redirectWrong(s); wrong != "" {
			t.Errorf("%s %s", s, wrong)
		}
	}
}

// AZ02, AZ03, AZ04, DR02.
func TestRedirectURIsThatMayNot(t *testing.T) {
	for s, rule := range map[string]string{
		"": "characters", "https://app.test/" + strings.Repeat("a", 2048): "characters",
		"javascript://x/%0aalert(1)": "escaped control", "javascript://x/alert(1)": "private-use", "javascript:alert(1)": "private-use",
		"data:text/html,x": "private-use", "vbscript:x": "private-use", "file:///etc/passwd": "private-use", "blob:https://app.test/1": "private-use",
		"about:blank": "private-use", "myapp://cb": "private-use", "urn:ietf:wg:oauth:2.0:oob": "private-use", "ws://app.test/cb": "private-use",
		"com.example.app:cb": "slash", ".a://cb": "lower case", "a.://cb": "private-use", "a..b:/cb": "private-use",
		"https://u:p@h.test/": "user name", "https://app.test@evil.test/cb": "user name", "https://@app.test/cb": "user name", "com.example://u@x/cb": "user name",
		"https://app.test\\@evil.test/cb": "characters of RFC 3986", "https://app.test%00.evil/cb": "escaped control", "https://app%2etest/cb": "absolute URI",
		"https://app.test%40evil.test/cb": "absolute URI", "https://ap\tp.test/cb": "characters of RFC 3986", "https://app.test/\ncb": "characters of RFC 3986",
		"https://app.test/cb ": "characters of RFC 3986", "https://аpp.test/cb": "characters of RFC 3986", "https://app.test/\"x": "characters of RFC 3986",
		"https://evil.test#@app.test/cb": "fragment", "https://app.test/cb#": "fragment", "https://app.test/cb#x": "fragment",
		"https://*.app.test/cb": "wildcard", "https://app.test/*": "wildcard", "https://app.test/%2A": "wildcard",
		"https://[::ffff:1.2.3.4]/cb": "IPv6", "https://[0:0:0:0:0:0:0:1]/cb": "IPv6", "https://[fe80::1%25eth0]/cb": "escaped host", "https://[::]/cb": "IPv6",
		"https://2130706433/cb": "IPv4", "https://0x7f.1/cb": "IPv4", "https://0177.0.0.1/cb": "IPv4", "https://127.1/cb": "IPv4", "https://0.0.0.0/cb": "IPv4",
		"https://1.2.3.4.5/cb": "IPv4", "https://a.0x1/cb": "IPv4",
		"https:///cb": "have a host", "https://": "have a host", "https:app.test/cb": "have a host", "https:/app.test/cb": "have a host",
		"https://app.test./cb": "host name", "https://APP.test/cb": "host name", "https://a..b/cb": "host name", "https://-a.test/cb": "host name",
		"https://xn--a.test/cb": "host name", "https://a,b.test/cb": "host name", "https://" + strings.Repeat("a", 64) + ".test/cb": "host name",
		"https://app.test:/cb": "port", "https://app.test:0/cb": "port", "https://app.test:65536/cb": "port", "https://app.test:080/cb": "port",
		"https://app.test:8443a/cb": "absolute URI", "https://app.test:+1/cb": "absolute URI",
		"http://app.test/cb": "http on 127.0.0.1", "http://127.0.0.2/cb": "http on 127.0.0.1", "http://localhost.evil.test/cb": "http on 127.0.0.1",
		"http://evil@127.0.0.1:9/cb": "user name", "HTTP://127.0.0.1/cb": "lower case", "Https://app.test/cb": "lower case", "//app.test/cb": "lower case",
		"/cb": "lower case", "cb": "lower case", "1https://app.test": "lower case", "ht_tp://app.test": "lower case",
		"https://app.test/a/../b": "segments", "https://app.test/./b": "segments", "https://app.test/a/%2e%2E/b": "segments", "https://app.test/a%2fb": "escaped slash",
		"https://app.test/a%5cb": "escaped control", "https://app.test/%0d%0aX": "escaped control", "https://app.test/%7f": "escaped control",
		"https://app.test/%": "hexadecimal", "https://app.test/%zz": "hexadecimal", "https://app.test/%2": "hexadecimal",
		"https://app.test/cb?code=1": "query parameter", "https://app.test/cb?x=1&state=2": "query parameter", "https://app.test/cb?%63ode=1": "query parameter",
		"https://app.test/cb?a;b=1": "well-formed query",
	} {
		if wrong := redirectWrong(s); !strings.Contains(wrong, rule) {
			t.Errorf("%q: got %q, want something about %q", s, wrong, rule)
		}
	}
}

// FuzzRedirectURI: whatever is let through reads the same in every reader we have, and is matched only by itself or by its loopback port.
func FuzzRedirectURI(f *testing.F) {
	for _, s := range []string{"https://app.test/cb", "http://127.0.0.1:1/cb?x=1", "http://[::1]/", "com.example:/cb", "https://app.test\\@evil.test", "https://a%2e/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if redirectWrong(s) != "" {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Fragment != "" || u.User != nil || u.String() != s && !strings.HasSuffix(s, "?") && u.Host != "" {
			t.Fatalf("%q reads as %q", s, u)
		}
		if u.Scheme != "https" && u.Scheme != "http" && !core.IsPrivateUse(s) {
			t.Fatalf("%q has the scheme %q", s, u.Scheme)
		}
		if u.Host != authority(s) {
			t.Fatalf("%q has the host %q", s, u.Host)
		}
		if u.Scheme == "https" && core.Origin(s) != "https://"+u.Host {
			t.Fatalf("%q has the origin %q", s, core.Origin(s))
		}
		for _, other := range []string{s + "x", strings.Replace(s, "https", "http", 1) + "/", strings.ToUpper(s) + "A"} {
			if core.MatchRedirect([]string{s}, other) && !core.IsLoopback(s) {
				t.Fatalf("%q matches %q", s, other)
			}
		}
	})
}

func TestPageURIs(t *testing.T) {
	for s, good := range map[string]bool{
		"https://app.test/privacy#cookies": true, "https://app.test/logo.svg": true, "http://app.test/": false, "javascript:alert(1)": false,
		"data:image/svg+xml,x": false, "https://u@app.test/": false, "https://": false, "ftp://app.test/": false,
	} {
		if wrong := judgeURI(s, pageRules()); (wrong == "") != good {
			t.Errorf("%q: %q", s, wrong)
		}
	}
}

func TestResourceURIs(t *testing.T) {
	for s, good := range map[string]bool{
		"https://api.test": true, "https://api.test/v1": true, "urn:example:api": true, "api://orders": true, "http://backend:8080": true,
		"https://api.test/#x": false, "api": false, "/api": false, "javascript:x": false, "https://*.test": false, "https://a@b.test": false,
		"https://api.test/" + strings.Repeat("a", 240): false,
	} {
		if wrong := judgeURI(s, resourceRules()); (wrong == "") != good {
			t.Errorf("%q: %q", s, wrong)
		}
	}
}
