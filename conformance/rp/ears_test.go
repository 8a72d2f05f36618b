package rp

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// front is where a program is reached over TLS, as the server tells applications of logouts. It answers for the program at an address.
func front(t *testing.T, at string) *httptest.Server {
	t.Helper()
	f := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: at}) }})
	t.Cleanup(f.Close)
	return f
}

// reaching lets the server ask a site, which it would not otherwise: it is on loopback, and its certificate is its own.
func reaching(t *testing.T, site *httptest.Server) testkit.Option {
	t.Helper()
	trust := filepath.Join(t.TempDir(), "site.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: site.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *app.Config) { c.Outbound = fetch.Config{AllowNetworks: []string{"127.0.0.0/8"}, Trust: trust} }
}

// signOut signs the person out at the server itself.
func (w *world) signOut(b *testkit.Browser) {
	w.t.Helper()
	if p := b.Get("/oauth2/logout").Submit(); p.Status != http.StatusOK {
		w.t.Fatalf("not signed out: %d %.400s", p.Status, p.Body)
	}
}

// toldOut wants the application to hear that the person has signed out elsewhere; in reports whether it takes a browser for signed in.
func (p *program) toldOut(start string, in func(*testkit.Browser) bool) {
	p.t.Helper()
	b, other := p.Browser(), p.Browser()
	p.visit(b, start)
	p.visit(other, start)
	if !in(b) || !in(other) {
		p.t.Fatal("not signed in")
	}
	p.signOut(b)
	p.Within(20*time.Second, "the application signs them out", func() bool { return !in(b) })
	if !in(other) {
		p.t.Error("another browser is signed out as well")
	}
	p.asksToSignIn(b, start)
}

// forgedLogout wants the application to take no logout token that another key has signed.
func (p *program) forgedLogout(start, endpoint string, rp *testkit.RP, in func(*testkit.Browser) bool) {
	p.t.Helper()
	b := p.Browser()
	p.visit(b, start)
	claims := map[string]any{
		"iss": p.Server.URL, "aud": rp.ID, "sub": p.subject, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": storage.NewID(time.Now()).String(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	form := url.Values{"logout_token": {p.forger("logout+jwt").sign(claims)}}
	if a := p.Raw(http.MethodPost, p.URL+endpoint, form.Encode(), "Content-Type", testkit.FormType); a.Status < 400 || !in(b) {
		p.t.Errorf("a forged logout token is taken: %d %s", a.Status, a.Body)
	}
}
