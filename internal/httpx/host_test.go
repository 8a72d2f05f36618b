package httpx

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// WB07: one host is answered for; nobody else's name gets an answer of ours.
func TestHosts(t *testing.T) {
	public := newWorld(t, "https://id.test", nil, nil)
	local := newWorld(t, "http://localhost:8080", nil, nil)
	for _, c := range []struct {
		w              *world
		method, target string
		status         int
		location       string
	}{
		{public, "GET", "https://id.test/page", 200, ""},
		{public, "GET", "https://ID.TEST:443/page", 200, ""},
		{public, "GET", "https://id.test:444/page", 421, ""},
		{public, "GET", "https://evil.test/page", 421, ""},
		{public, "GET", "https://id.test.evil/page", 421, ""},
		{public, "GET", "https://id.test./page", 421, ""},
		{public, "GET", "http://127.0.0.1/page", 421, ""},
		{local, "GET", "http://localhost:8080/page", 200, ""},
		{local, "GET", "http://127.0.0.1:8080/page?a=b%20c", 307, "http://localhost:8080/page?a=b%20c"},
		{local, "GET", "http://[::1]:8080/page", 307, "http://localhost:8080/page"},
		{local, "HEAD", "http://127.0.0.1:8080/doc", 307, "http://localhost:8080/doc"},
		{local, "GET", "http://127.0.0.1:8080//evil.test/x", 307, "http://localhost:8080//evil.test/x"},
		{local, "GET", "http://localhost:9999/page", 307, "http://localhost:8080/page"},
		{local, "POST", "http://127.0.0.1:8080/page", 421, ""},
		{local, "GET", "http://evil.test/page", 421, ""},
		{local, "GET", "http://localhost.evil.test:8080/page", 421, ""},
		{local, "GET", "http://evil.test/health/live", 200, ""},
		{public, "GET", "http://10.0.0.3:8080/health/ready", 200, ""},
		{public, "GET", "https://evil.test/.well-known/openid-configuration", 421, ""},
	} {
		resp := c.w.ask(c.method, c.target, "")
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.location {
			t.Errorf("%s %s: %d %q", c.method, c.target, resp.StatusCode, resp.Header.Get("Location"))
		}
		if strings.Contains(bodyOf(t, resp), "evil") {
			t.Errorf("%s: the foreign name is in the answer", c.target)
		}
	}
}

func TestOddHosts(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for _, host := range []string{"", "id.test@evil.test", "id.test/", "id.test#", "id test", "id.test:443:443", "[id.test]"} {
		r := newRequest(w, "GET", "/page")
		r.Host = host
		if status := serveRecorded(w, r); status != 421 {
			t.Errorf("%q: %d", host, status)
		}
	}
	local := newWorld(t, "http://localhost", nil, nil)
	for _, host := range []string{"127.0.0.1:80.evil.test", "localhost:x", "localhost:99999", "[::1]:-1"} {
		r := newRequest(local, "GET", "/page")
		r.Host = host
		if status := serveRecorded(local, r); status != 421 {
			t.Errorf("%q: %d", host, status)
		}
	}
	r := newRequest(local, "GET", "/page")
	r.URL.Path, r.Host = "*", "127.0.0.1"
	rec := httptest.NewRecorder()
	local.handler.ServeHTTP(rec, r)
	if got := rec.Header().Get("Location"); got != "http://localhost/" {
		t.Errorf("a target without a slash grew onto the host: %q", got)
	}
}

// Headers that name another host change nothing unless a trusted proxy sends them.
func TestForwardedHostAndProto(t *testing.T) {
	w := newWorld(t, "https://id.test", func(c *Config) { c.TrustedProxies = prefixes("10.0.0.0/8") }, nil)
	plain := bodyOf(t, w.ask("GET", "/page", ""))
	for _, header := range []string{"X-Forwarded-Host: evil.test", "X-Host: evil.test", "Forwarded: host=evil.test", "X-Forwarded-Proto: http", "X-Original-URL: /x", "X-Rewrite-URL: /x"} {
		resp := w.ask("GET", "/page", "", header)
		wantStatus(t, resp, 200)
		if bodyOf(t, resp) != plain || resp.Header.Get("Location") != "" {
			t.Errorf("%s changed the answer", header)
		}
	}
	const proxy = "Peer: 10.0.0.1:9"
	wantStatus(t, w.ask("GET", "http://backend:8080/page", "", proxy, "X-Forwarded-Host: id.test"), 200)
	wantStatus(t, w.ask("GET", "/page", "", proxy, "X-Forwarded-Host: evil.test"), 421)
	wantStatus(t, w.ask("GET", "http://backend:8080/page", "", proxy, "X-Forwarded-Host: id.test", "X-Forwarded-Host: id.test"), 421)
	wantStatus(t, w.ask("GET", "/page", "", proxy), 200)
	wantStatus(t, w.ask("GET", "/page", "", proxy, "X-Forwarded-Proto: https"), 200)
	resp := w.ask("GET", "/page?x=1", "", proxy, "X-Forwarded-Proto: http")
	if resp.StatusCode != 307 || resp.Header.Get("Location") != "https://id.test/page?x=1" {
		t.Errorf("plain http at the proxy: %d %v", resp.StatusCode, resp.Header)
	}
	wantStatus(t, w.ask("POST", "/oauth2/token", "a=1", formType, proxy, "X-Forwarded-Proto: http"), 421)
}

func TestIssuerWithAPath(t *testing.T) {
	w := newWorld(t, "https://id.test/auth/", nil, func(r Router) {
		r.Handle("GET", "/.well-known/openid-configuration", Document, text("doc"))
	})
	for path, status := range map[string]int{"/auth/page": 200, "/page": 404, "/auth/.well-known/openid-configuration": 200,
		"/.well-known/openid-configuration/auth": 200, "/.well-known/openid-configuration": 404, "/health/live": 200, "/auth/health/live": 404} {
		wantStatus(t, w.ask("GET", path, "", "Accept: application/json"), status)
	}
	if w.Path("/login") != "/auth/login" {
		t.Error(w.Path("/login"))
	}
}

// WB06: only paths of our own origin.
func TestLocalPath(t *testing.T) {
	for _, good := range []string{"/", "/login", "/login?x=//evil&y=%5c", "/a/b%20c", "/consent?flow=abc.def"} {
		if got, ok := LocalPath(good); (!ok || got != good) && good != "/a/b%20c" {
			t.Errorf("%q: refused", good)
		}
	}
	for _, bad := range []string{"", "login", "//evil", "///evil", "/\\evil", "\\\\evil", "/%09/evil", "/%5cevil", "/%2fevil", "/%2Fevil", "https:evil", "https://evil",
		"javascript:alert(1)", "/\tx", "/x\r\nSet-Cookie: a", "/%0d%0aSet-Cookie:a", "/x#y", "/%zz", "/é", "/" + strings.Repeat("a", MaxPath), "http:///x", "/\x00", "/%00"} {
		if got, ok := LocalPath(bad); ok {
			t.Errorf("%q: accepted as %q", bad, got)
		}
	}
}
