//go:build interop

package interop

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// application is a web application on go-oidc and x/oauth2, on its own site.
type application struct {
	*certified
	s        *sites
	issuer   string
	provider *oidc.Provider
	conf     oauth2.Config
	told     chan notice

	mu      sync.Mutex
	pending map[string]attempt // by the cookie of the browser
	seen    map[string]*visit
}

type attempt struct{ state, nonce, verifier string }

// visit is who has signed in.
type visit struct {
	Token  *oauth2.Token
	Raw    string // the ID token
	Claims map[string]any
}

func (v *visit) text(claim string) string {
	s, _ := v.Claims[claim].(string)
	return s
}

// notice is a logout token that counts, and when it came.
type notice struct {
	at     time.Time
	claims map[string]any
}

// application opens one, which knows no provider yet.
func (s *sites) application() *application {
	s.t.Helper()
	a := &application{certified: s.site(appHost), s: s, told: make(chan notice, 16), pending: map[string]attempt{}, seen: map[string]*visit{}}
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		s.t.Fatal(err)
	}
	l, err := net.Listen("tcp", a.at)
	if err != nil {
		s.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /start", a.start)
	mux.HandleFunc("GET /cb", a.back)
	mux.HandleFunc("POST /backchannel", a.backchannel)
	mux.HandleFunc("GET /bye", func(w http.ResponseWriter, _ *http.Request) { page(w, `<h1 id="bye">Bye</h1>`) })
	server := httptest.NewUnstartedServer(mux)
	_ = server.Listener.Close()
	server.Listener, server.TLS = l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	s.t.Cleanup(server.Close)
	return a
}

// at registers the application with us.
func (a *application) register(o *ours) {
	a.s.t.Helper()
	id, secret := o.client(map[string]any{
		"client_name": "Acme Files", "redirect_uris": []string{a.url + "/cb"}, "post_logout_redirect_uris": []string{a.url + "/bye"}, "jedan_online_refresh": true, "grant_types": []string{"authorization_code", "refresh_token"},
		"scope": "openid profile email", "backchannel_logout_uri": a.url + "/backchannel", "backchannel_logout_session_required": true,
	})
	a.use(o.url, id, secret)
}

// use is where its people sign in.
func (a *application) use(issuer, id, secret string) {
	a.s.t.Helper()
	var err error
	a.issuer = issuer
	if a.provider, err = oidc.NewProvider(a.ctx(), issuer); err != nil {
		a.s.t.Fatal(err)
	}
	a.conf = oauth2.Config{ClientID: id, ClientSecret: secret, RedirectURL: a.url + "/cb", Endpoint: a.provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

func (a *application) ctx() context.Context {
	return oidc.ClientContext(context.Background(), a.s.http)
}

const cookie = "__Host-acme"

func page(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprint(w, `<!doctype html><html lang="en"><title>Acme Files</title>`+body)
}

// start sends the browser to the provider, with what its query adds.
func (a *application) start(w http.ResponseWriter, r *http.Request) {
	try, id := attempt{oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()}, rand.Text()
	a.mu.Lock()
	a.pending[id] = try
	a.mu.Unlock()
	options := []oauth2.AuthCodeOption{oidc.Nonce(try.nonce), oauth2.S256ChallengeOption(try.verifier)}
	for name, values := range r.URL.Query() {
		options = append(options, oauth2.SetAuthURLParam(name, values[0]))
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, a.conf.AuthCodeURL(try.state, options...), http.StatusFound)
}

// back takes the answer of the browser that began.
func (a *application) back(w http.ResponseWriter, r *http.Request) {
	id := ""
	if c, err := r.Cookie(cookie); err == nil {
		id = c.Value
	}
	a.mu.Lock()
	try, ok := a.pending[id]
	delete(a.pending, id)
	a.mu.Unlock()
	q := r.URL.Query()
	if !ok || q.Get("state") != try.state {
		page(w, `<h1 id="refused">Another browser began</h1>`)
		return
	}
	if q.Get("error") != "" {
		page(w, `<h1 id="refused">`+html.EscapeString(q.Get("error"))+`</h1>`)
		return
	}
	v, err := a.redeem(q.Get("code"), try)
	if err != nil {
		page(w, `<h1 id="refused">`+html.EscapeString(err.Error())+`</h1>`)
		return
	}
	a.mu.Lock()
	a.seen[id] = v
	a.mu.Unlock()
	page(w, `<h1 id="app">`+id+`</h1>`)
}

func (a *application) redeem(code string, try attempt) (*visit, error) {
	token, err := a.conf.Exchange(a.ctx(), code, oauth2.VerifierOption(try.verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := a.provider.Verifier(&oidc.Config{ClientID: a.conf.ClientID}).Verify(a.ctx(), raw)
	if err != nil {
		return nil, err
	}
	v := &visit{Token: token, Raw: raw}
	if err := id.Claims(&v.Claims); err != nil || id.Nonce != try.nonce {
		return nil, fmt.Errorf("nonce %q: %w", id.Nonce, err)
	}
	info, err := a.provider.UserInfo(a.ctx(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	return v, info.Claims(&v.Claims)
}

// backchannel takes logout tokens (OpenID Connect Back-Channel Logout section 2.6).
func (a *application) backchannel(w http.ResponseWriter, r *http.Request) {
	n := notice{at: time.Now()}
	token, err := a.provider.Verifier(&oidc.Config{ClientID: a.conf.ClientID}).Verify(a.ctx(), r.PostFormValue("logout_token"))
	if err == nil {
		err = token.Claims(&n.claims)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.told <- n
}

// backHere is where a browser is that an upstream has sent back.
const backHere = "#consent-allow, #app, #told, #refused, main details:not([id])"

// signs takes a browser through a sign-in: pages presses what leads to the consent, or to the application where nobody is asked.
func (a *application) signs(b *tab, options url.Values, pages func()) *visit {
	b.t.Helper()
	b.visit(a.url + "/start?" + options.Encode())
	pages()
	b.see("#app, #refused, #consent-allow, main details:not([id])")
	if b.has("#consent-allow") {
		b.click("#consent-allow")
		b.see("#app, #refused, main details:not([id])")
	}
	if !b.has("#app") {
		b.t.Fatalf("nobody came to the application: %s", b.where())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[b.text("#app")]
}

// active asks the provider about an access token.
func (a *application) active(v *visit) bool {
	a.s.t.Helper()
	_, out := a.s.form(a.issuer+"/oauth2/introspect", a.conf.ClientID, a.conf.ClientSecret, url.Values{"token": {v.Token.AccessToken}})
	return out["active"] == true
}

// ended waits until the sign-in has ended: its token, its refresh token, and that the application was told.
func (a *application) ended(f *findings, o *ours, what string, v *visit, began time.Time) {
	f.t.Helper()
	o.soon(what, func() bool { return !a.active(v) })
	f.within(what, time.Since(began), 2*time.Second)
	status, out := a.s.form(a.provider.Endpoint().TokenURL, a.conf.ClientID, a.conf.ClientSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.Token.RefreshToken}})
	f.hold("and its refresh token is refused", status == http.StatusBadRequest && out["error"] == "invalid_grant", status, out)
	for { // a session that was proved once more has the names of its older ID tokens, too
		select {
		case n := <-a.told:
			if n.claims["sid"] == v.Claims["sid"] {
				f.within("and the application is told by the back channel, with the session of its ID token", n.at.Sub(began), 5*time.Second)
				return
			}
		case <-time.After(10 * time.Second):
			f.t.Errorf("%s: the application was not told", what)
			return
		}
	}
}

// sealed is a value as JSON.
func sealed(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
