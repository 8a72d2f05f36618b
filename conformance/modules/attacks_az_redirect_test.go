package modules

import (
	"context"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// notRegistered wants a redirect URI refused on our own page by its row, and not shown there.
func (w *world) notRegistered(rp *testkit.RP, uri string) {
	w.t.Helper()
	w.row("authorize.redirect_uri", func() {
		w.page(w.Get(w.AuthURL(rp, "redirect_uri", uri)), 400, "invalid_request", uri)
	})
}

// refusesRegistration wants a redirect URI refused at registration.
func (w *world) refusesRegistration(uri string) {
	w.t.Helper()
	m := storage.ClientMetadata{RedirectURIs: []string{uri}, ApplicationType: "native"}
	if _, err := w.App.Registrar.Create(context.Background(), m, register.Options{}); err == nil {
		w.t.Errorf("%q was registered", uri)
	}
}

func TestAZ01_RedirectExactness(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}})
	w.begins(w.AuthURL(rp))
	for _, uri := range []string{
		"https://app.test/cb/", "https://app.test/cb/../x", "https://app.test/cb%2f..", "https://app.test/CB", "https://APP.test/cb", "https://app.test:444/cb",
		"https://app.test:443/cb", "http://app.test/cb", "https://app.test/cb?x=1", "https://app.test/cb?", "https://app.test.evil/cb", "https://app.test/cb#f",
		"https://app.test/cb#", "https://app.test/c", "https://app.test/%63b", "https://app.test//cb", "https://app.test/./cb", "//app.test/cb", "/cb", "cb",
		" https://app.test/cb", "https://app.test/cb ", "https://evil.test/?https://app.test/cb", "javascript:alert(1)",
	} {
		w.notRegistered(rp, uri)
	}
}

func TestAZ02_RedirectParserTricks(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://app.test/"}})
	w.begins(w.AuthURL(rp, "redirect_uri", "https://app.test/"))
	for _, uri := range []string{
		`https://app.test\@evil.test/cb`, "https://app.test%00.evil/cb", "https://evil.test#@app.test/cb", "https://app.test@evil.test/cb",
		"https://app.test:x@evil.test/cb", "https://app\t.test/cb", "https://app.test\n/cb", "https://app.test\r\n.evil/cb", "https://аpp.test/cb",
		"https://app。test/cb", "https://[::ffff:1.2.3.4]/cb", `https:\\app.test\cb`, "https:app.test/cb", "https:///app.test/cb", "https://app.test/@evil.test",
		"https://app.test/.evil.test", "https://app.test/%0d%0aLocation:%20https://evil.test",
	} {
		w.notRegistered(rp, uri)
	}
	a := w.Get(w.AuthURL(rp, "redirect_uri", "https://app.test\x00.evil/cb"))
	w.page(a, 400, "invalid_request", "evil")
	for _, uri := range []string{
		`https://app.test\@evil.test/cb`, "https://app.test%00.evil/cb", "https://app.test@evil.test/cb", "https://app\t.test/cb", "https://аpp.test/cb",
		"https://[::ffff:1.2.3.4]/cb", "https://app.test/cb#f",
	} {
		w.refusesRegistration(uri)
	}
}

func TestAZ03_RedirectIsNoPattern(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://app.test/c.b", "https://app.test/(a)+$"}})
	for _, uri := range []string{"https://app.test/cb", "https://app.test/c.b", "https://app.test/(a)+$"} {
		w.begins(w.AuthURL(rp, "redirect_uri", uri))
	}
	for _, uri := range []string{"https://appXtest/cb", "https://app.test/cxb", "https://app.test/a", "https://app.test/aa", "https://app.test/*", "https://*/cb"} {
		w.notRegistered(rp, uri)
	}
	for _, uri := range []string{"https://*.test/cb", "https://app.test/*", "https://app.test/%2a", "*", "https://app.test/[a-z]^|"} {
		w.refusesRegistration(uri)
	}
}

func TestAZ04_Loopback(t *testing.T) {
	w := open(t)
	secure := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://127.0.0.1/cb"}})
	w.begins(w.AuthURL(secure))
	for _, uri := range []string{"http://127.0.0.1:9/cb", "http://127.0.0.1/cb", "http://evil@127.0.0.1:9/cb", "HTTP://127.0.0.1/cb", "https://127.0.0.1:9/cb"} {
		w.notRegistered(secure, uri)
	}
	plain := w.public(storage.ClientMetadata{RedirectURIs: []string{"http://127.0.0.1/cb", "http://[::1]/cb"}, ApplicationType: "native"})
	for _, uri := range []string{"http://127.0.0.1/cb", "http://127.0.0.1:9/cb", "http://127.0.0.1:65535/cb", "http://[::1]:8080/cb"} {
		w.begins(w.AuthURL(plain, "redirect_uri", uri))
	}
	for _, uri := range []string{
		"http://evil@127.0.0.1:9/cb", "https://127.0.0.1:9/cb", "HTTP://127.0.0.1/cb", "http://127.0.0.1:9@evil.test/cb", "http://127.0.0.1:/cb",
		"http://127.0.0.1:9/cb/", "http://127.0.0.1:9/cb?x=1", "http://127.0.0.1:123456/cb", "http://127.0.0.1:-9/cb", "http://localhost:9/cb",
		"http://127.0.0.1.evil.test/cb", "http://127.0.0.1:9.evil.test/cb", "http://127.0.0.1:9\\@evil.test/cb", "http://127.1/cb", "http://0x7f.1/cb",
	} {
		w.notRegistered(plain, uri)
	}
}

func TestAZ05_RedirectOmitted(t *testing.T) {
	w := open(t)
	for _, uris := range [][]string{{"https://app.test/cb", "https://app.test/other"}, {"https://app.test/cb"}} {
		rp := w.Client(storage.ClientMetadata{RedirectURIs: uris})
		w.begins(w.AuthURL(rp, "scope", "openid"))
		for _, query := range []string{w.AuthURL(rp, "scope", "openid", "redirect_uri", ""), w.AuthURL(rp, "scope", "openid", "redirect_uri", "") + "&redirect_uri="} {
			w.row("authorize.redirect_uri", func() { w.page(w.Get(query), 400, "invalid_request", "app.test") })
		}
	}
}

// Everybody who can be redirected to was registered by an operator: strangers register nothing, so an error that redirects at once leads to nobody
// unknown.
func TestAZ06_ErrorPathIsNoOpenRedirector(t *testing.T) {
	w := open(t)
	body := `{"redirect_uris":["https://evil.test/cb"],"scope":"openid"}`
	for _, path := range []string{"/oauth2/register", "/register", "/clients", "/api/v1/clients"} {
		if a := w.Raw("POST", path, body, "Content-Type", "application/json", "Accept", "application/json"); a.Status != 404 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := w.Get("/.well-known/openid-configuration"); a.JSON["registration_endpoint"] != nil || a.JSON["issuer"] != w.URL {
		t.Errorf("registration is advertised: %s", a.Body)
	}
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}})
	w.refusedTo(w.Get(w.AuthURL(rp, "scope", "openid nonsense")), rp, "query", "invalid_scope")
	w.page(w.Get(w.AuthURL(rp, "scope", "openid nonsense", "redirect_uri", "https://evil.test/cb")), 400, "invalid_request", "evil.test")
	w.row("authorize.client_id", func() {
		a := w.Get(strings.Replace(w.AuthURL(rp, "scope", "openid nonsense", "redirect_uri", "https://evil.test/cb"), rp.ID, "unknown-client", 1))
		w.page(a, 400, "invalid_client", "evil.test")
	})
	w.row("authorize.client_id", func() { w.page(w.Get(w.AuthURL(rp, "client_id", "")), 400, "invalid_request", "app.test") })
	w.Disable(rp)
	w.row("authorize.client_enabled", func() { w.page(w.Get(w.AuthURL(rp, "scope", "openid nonsense")), 400, "invalid_client", "app.test") })
}

// Whoever registered without anybody vouching for them does not get people by being wrong.
func TestAZ06_StrangersErrorsStayHere(t *testing.T) {
	w := alone(t, anybody)
	stranger := w.rpOf(w.enrol("", object{"redirect_uris": []string{"https://evil.test/cb"}, "scope": "openid"}))
	for _, wrong := range [][]string{
		{"scope", "openid nonsense"}, {"response_type", "token"}, {"response_type", ""}, {"response_mode", "jwt"}, {"code_challenge_method", "plain"}, {"prompt", "none login"}, {"prompt", "x"}, {"max_age", "x"},
		{"claims", "x"}, {"id_token_hint", "x"}, {"resource", "https://nowhere.test"}, {"request", "x"}, {"scope", "openid nonsense", "prompt", "none"}, {"scope", "openid nonsense", "response_mode", "form_post"},
	} {
		a := w.Get(w.AuthURL(stranger, wrong...))
		w.page(a, 400, "", "evil.test")
		if t.Failed() {
			t.Fatalf("%v", wrong)
		}
	}
	if p := w.Raw("POST", "/oauth2/authorize", strings.SplitN(w.AuthURL(stranger, "scope", "openid nonsense"), "?", 2)[1], "Content-Type", testkit.FormType); p.Header.Get("Location") != "" || p.Status != 400 {
		t.Errorf("posted: %d %q", p.Status, p.Header.Get("Location"))
	}
	if q := w.Get(w.AuthURL(stranger, "scope", "openid", "prompt", "none")).Location().Query(); q.Get("error") != "login_required" {
		t.Errorf("silent authentication: %v", q)
	}
	p := w.Browser().Get(w.AuthURL(stranger, "scope", "openid")).SignIn(w.email, testkit.Password).Submit("decision", "deny")
	if p.Location == nil || p.Params().Get("error") != "access_denied" {
		t.Error("the answer of a person who saw who asks does not arrive")
	}
	invited := w.rpOf(w.enrol(w.initial(1), object{"redirect_uris": []string{"https://app.test/cb"}, "scope": "openid"}))
	w.refusedTo(w.Get(w.AuthURL(invited, "scope", "openid nonsense")), invited, "query", "invalid_scope")
	w.Change(stranger, func(m *storage.ClientMetadata) { m.Unvetted = false })
	w.refusedTo(w.Get(w.AuthURL(stranger, "scope", "openid nonsense")), stranger, "query", "invalid_scope")
}
