package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// reads is what the answer to a script of an origin lets it read: "" nothing.
func reads(a *testkit.Answer) string { return a.Header.Get("Access-Control-Allow-Origin") }

// WB05: scripts of registered origins may read token, pushed requests, UserInfo and revocation, everybody the public documents, nobody anything with cookies.
func TestWB05_CORS(t *testing.T) {
	w := alone(t, cheap)
	w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://spa.test:8443/deep/cb"}})
	w.public(storage.ClientMetadata{ApplicationType: "native", RedirectURIs: []string{"com.example.app:/cb"}})
	known := []string{"https://app.test", "https://spa.test:8443"}
	strangers := []string{
		"null", "https://evil-app.test", "https://app.test.evil", "https://evil.test", "http://app.test", "https://app.test:443", "https://APP.test", "https://app.test/", "https://app.test/cb",
		"https://sub.app.test", "https://spa.test", "https://spa.test:8444", "https://app.test https://evil.test", "https://app.test, https://evil.test", "https://app.testevil", "com.example.app:", "com.example.app://",
		"https://app.test@evil.test", "https://evil.test#https://app.test", "*", "https://*.test", "file://", "https://app.test.", "xhttps://app.test", "",
	}
	open := []string{"/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke", "/oauth2/par", "/oauth2/device_authorization"}
	documents := []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json",
		"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/oauth2/userinfo", "/.well-known/webfinger"}
	methods := map[string][]string{}
	for _, r := range w.routes() {
		methods[r.Path] = append(methods[r.Path], r.Method)
	}
	for path, served := range methods {
		for _, origin := range append(slices.Clone(strangers), known...) {
			want := ""
			switch {
			case slices.Contains(documents, path):
				want = "*"
			case slices.Contains(open, path) && slices.Contains(known, origin):
				want = origin
			}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				preflight := w.Raw(http.MethodOptions, path, "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,cookie,x-evil")
				real := w.Raw(method, path, "", "Origin", origin, "Cookie", "jedan-session=x", "Content-Type", testkit.FormType)
				for name, a := range map[string]*testkit.Answer{"preflight": preflight, "request": real} {
					if got := reads(a); slices.Contains(served, method) && got != want {
						t.Errorf("%s %s, %s from %q: %q, want %q", method, path, name, origin, got, want)
					} else if got != want && got != "" {
						t.Errorf("%s %s, %s from %q: %q", method, path, name, origin, got)
					}
					if a.Header.Get("Access-Control-Allow-Credentials") != "" || strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Allow-Headers")), "x-evil") {
						t.Errorf("%s %s, %s from %q: %v", method, path, name, origin, a.Header)
					}
					if want != "" && want != "*" && slices.Contains(served, method) && !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Origin") {
						t.Errorf("%s %s, %s: a cache would hand it to another origin: Vary %v", method, path, name, a.Header.Values("Vary"))
					}
				}
			}
		}
	}
	for _, path := range append(open, documents...) {
		if len(methods[path]) == 0 {
			t.Errorf("%s is not there", path)
		}
	}
	twice := w.Raw(http.MethodPost, "/oauth2/token", "", "Origin", "https://app.test", "Origin", "https://evil.test", "Content-Type", testkit.FormType)
	if reads(twice) != "" {
		t.Errorf("two origins: %q", reads(twice))
	}
}

// stranger are headers that software in front of others believes.
func unkeyed() []string {
	return []string{
		"X-Forwarded-Host", "evil.test", "X-Forwarded-Proto", "https", "X-Forwarded-Scheme", "https", "X-Forwarded-Port", "444", "X-Forwarded-Prefix", "/evil", "X-Forwarded-For", "203.0.113.9",
		"Forwarded", "for=203.0.113.9;host=evil.test;proto=https", "X-Original-Host", "evil.test", "X-Host", "evil.test", "X-Forwarded-Server", "evil.test", "X-HTTP-Host-Override", "evil.test",
		"X-Original-URL", "/evil", "X-Rewrite-URL", "/evil", "X-HTTP-Method-Override", "DELETE", "X-Method-Override", "DELETE", "X-Real-IP", "203.0.113.9", "X-Request-Id", "evil-request-id",
		"Front-End-Https", "on", "X-Url-Scheme", "https", "Via", "1.1 evil.test", "X-ProxyUser-Ip", "203.0.113.9", "X-WAP-Profile", "http://evil.test/wap.xml", "Referer", "https://evil.test/", "Accept-Encoding", "gzip, br",
	}
}

// WB07: another Host is not answered, and headers that no cache keys by change nothing.
func TestWB07_HostAndUnkeyedHeaders(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	for _, host := range []string{
		"evil.test", w.issuer().Host + ".evil.test", "evil.test:" + w.issuer().Port(), w.issuer().Host + "@evil.test", "127.0.0.1.evil.test", "[::ffff:203.0.113.9]", "id.test", "127.0.0.1.", "0", "0.0.0.0:" + w.issuer().Port(),
	} {
		for _, path := range w.paths("page", "document", "api") {
			if strings.HasPrefix(path, "/health/") || path == "/metrics" {
				continue
			}
			r, err := http.NewRequest(http.MethodGet, w.URL+path, nil)
			w.must(err)
			r.Host = host
			a := w.Do(r)
			if a.Status != http.StatusMisdirectedRequest && a.Status != http.StatusBadRequest && a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusNotFound {
				t.Errorf("%s for %s: %d", path, host, a.Status)
			}
			if strings.Contains(a.Body+a.Header.Get("Location")+strings.Join(a.Header.Values("Set-Cookie"), ""), "evil") || len(a.Header.Values("Set-Cookie")) > 0 || a.Header.Get("Location") != "" {
				t.Errorf("%s for %s: %v %.200s", path, host, a.Header, a.Body)
			}
		}
	}
	b := w.Browser()
	login := b.Get(w.AuthURL(rp))
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json", login.URL.RequestURI(), "/health/ready", "/oauth2/logout"} {
		plain, odd := b.Raw(http.MethodGet, path, ""), b.Raw(http.MethodGet, path, "", unkeyed()...)
		if plain.Status != http.StatusOK || plain.Body != odd.Body || plain.Status != odd.Status {
			t.Errorf("%s: %d and %d\n%s\n---\n%s", path, plain.Status, odd.Status, plain.Body, odd.Body)
		}
		for _, h := range []*http.Header{&plain.Header, &odd.Header} {
			h.Del("Date")
		}
		for name := range odd.Header {
			if odd.Header.Get(name) != plain.Header.Get(name) {
				t.Errorf("%s: %s is %q and %q", path, name, plain.Header.Get(name), odd.Header.Get(name))
			}
		}
	}
	for name, a := range map[string]*testkit.Answer{
		"authorize": w.Get(w.AuthURL(rp), unkeyed()...), "login": w.Get("/login", unkeyed()...), "account": w.Get("/account/password", unkeyed()...), "logout": w.Get("/logout", unkeyed()...),
		"another loopback name": w.Get(strings.Replace(w.URL, "127.0.0.1", "localhost", 1)+"/login", unkeyed()...),
	} {
		to := a.Header.Get("Location")
		if to == "" || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "http") && !strings.HasPrefix(to, w.URL+"/") || strings.Contains(to, "evil") {
			t.Errorf("%s leads to %s", name, to)
		}
		for _, c := range a.Header.Values("Set-Cookie") {
			if strings.Contains(strings.ToLower(c), "domain") || strings.Contains(c, "Path=/evil") || strings.Contains(c, "; Secure") {
				t.Errorf("%s: %s", name, c)
			}
		}
	}
	if link, err := w.App.SetupLink(t.Context()); err != nil || !strings.HasPrefix(link, w.URL+"/setup?") {
		t.Errorf("the set-up link: %v", err)
	}
	behind := alone(t, cheap, proxied)
	for name, status := range map[string]int{"evil.test": http.StatusMisdirectedRequest, behind.issuer().Host: http.StatusOK} {
		if a := behind.Get("/.well-known/openid-configuration", "X-Forwarded-Host", name); a.Status != status || strings.Contains(a.Body, "evil") {
			t.Errorf("a trusted proxy says %s: %d", name, a.Status)
		}
	}
}

// AD20: nothing for debugging is reachable, and metrics are for this machine alone.
func TestAD20_DebugSurface(t *testing.T) {
	w := alone(t, cheap)
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/vars", "/debug/requests", "/debug/events", "/pprof", "/expvar", "/swagger", "/swagger/index.html", "/docs",
		"/api/openapi.json", "/graphql", "/actuator", "/actuator/env", "/admin", "/admin/", "/console", "/.git/HEAD", "/.env", "/server-status", "/trace", "/metrics/", "/health", "/health/", "/test", "/ping", "/phpinfo.php",
	} {
		if a := w.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %.100s", path, a.Status, a.Body)
		}
	}
	if a := w.Get("/metrics"); a.Status != http.StatusOK || !strings.Contains(a.Body, "failed_logins_total") {
		t.Errorf("this machine's own scraper: %d", a.Status)
	}
	for name, value := range map[string]string{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9", "Via": "1.1 proxy", "X-Forwarded-Host": "id.test", "X-Forwarded-Proto": "https"} {
		if a := w.Get("/metrics", name, value); a.Status != http.StatusNotFound {
			t.Errorf("/metrics through a proxy (%s): %d", name, a.Status)
		}
	}
	r, err := http.NewRequest(http.MethodGet, w.URL+"/metrics", nil)
	w.must(err)
	r.Host = "rebound.evil.test"
	if a := w.Do(r); a.Status != http.StatusNotFound {
		t.Errorf("/metrics for a name that was rebound: %d", a.Status)
	}
	for _, a := range []*testkit.Answer{w.Get("/health/live"), w.Get("/health/ready")} {
		if a.Status != http.StatusOK || strings.ContainsAny(a.Body, "/@") || strings.Contains(a.Body, "sqlite") || strings.Contains(a.Body, "postgres") {
			t.Errorf("health: %d %s", a.Status, a.Body)
		}
	}
	for _, a := range []*testkit.Answer{w.Get("/"), w.Get("/nothing"), w.Get("/oauth2/token")} {
		if a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" {
			t.Errorf("the server names itself: %v", a.Header)
		}
	}
	if strings.Contains(w.Log.String(), "[GIN") {
		t.Error("gin's debug output is in the log")
	}
}

// AD19: the set-up page works once, for one, and not again when people are gone.
func TestAD19_Bootstrap(t *testing.T) {
	w := alone(t, cheap)
	link := w.setupLink()
	const n = 8
	pages := make([]*testkit.Page, n)
	for i := range pages {
		pages[i] = w.Browser().Get(link)
	}
	done := make(chan *testkit.Answer, n)
	for i, p := range pages {
		go func() {
			done <- p.SubmitRaw("email", string(rune('a'+i))+"@acme.test", "name", "Robin Root", "password", jumble(20))
		}()
	}
	won := 0
	for range n {
		switch a := <-done; a.Status {
		case http.StatusOK:
			won++
		case http.StatusNotFound:
		default:
			t.Errorf("%d %.300s", a.Status, a.Body)
		}
	}
	everyone, err := w.App.DB.People(t.Context(), w.App.Tenant, storage.ID{}, 100)
	w.must(err)
	admins := 0
	for _, p := range everyone {
		if p.Admin {
			admins++
		}
	}
	if won != 1 || admins != 1 {
		t.Errorf("%d won, %d administrators", won, admins)
	}
	closed := func(when string) {
		t.Helper()
		hashes := w.hashed(func() {
			_, form := pages[0].Form("email", "z@acme.test", "name", "Robin Root", "password", jumble(20))
			for _, a := range []*testkit.Answer{w.Get(link), w.Get("/setup"), w.Get("/setup?token="), pages[0].SubmitRaw("email", "z@acme.test", "name", "Robin Root", "password", jumble(20)), w.Raw(http.MethodPost, "/setup", form.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)} {
				if a.Status != http.StatusNotFound && a.Status != http.StatusForbidden {
					t.Errorf("%s: %d", when, a.Status)
				}
			}
		})
		if hashes != 0 {
			t.Errorf("%s: %d hashes", when, hashes)
		}
	}
	closed("after use")
	if _, err := w.App.SetupLink(t.Context()); err == nil {
		t.Error("another link was made while there is an administrator")
	}
	_, err = w.App.DB.SQL().ExecContext(t.Context(), "DELETE FROM people")
	w.must(err)
	closed("with the people gone")
	second := w.Browser().Get(w.setupLink()) // only the operator can begin again
	if p := second.Submit("email", "a@acme.test", "name", "Robin Root", "password", jumble(20)); p.Status != http.StatusOK {
		t.Errorf("the operator's new link: %d", p.Status)
	}
	if q, err := url.ParseQuery(strings.SplitN(link, "?", 2)[1]); err != nil || q.Get("token") == "" || strings.Contains(w.Log.String(), q.Get("token")) {
		t.Error("the log has the link")
	}
}
