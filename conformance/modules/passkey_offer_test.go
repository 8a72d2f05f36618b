package modules

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// able signs in with the password in a browser whose script says that the device can keep a passkey.
func able(p *testkit.Page, email string) *testkit.Page {
	return p.Submit("identifier", email, "password", testkit.Password, "passkeys", "1")
}

// After a password one offer, and a real "Not now": the sign-in goes on where it led, and the browser is left alone for 30 days.
func TestPasskeyOffer(t *testing.T) {
	w := keyed(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	offer := able(b.Get(w.AuthURL(rp)), w.email)
	if offer.URL.Path != "/login/passkey/offer" || !offer.HasID("passkey-later") {
		t.Fatalf("no offer: %d on %s", offer.Status, offer.URL)
	}
	later := b.Post("/login/passkey/offer", offerForm(offer, "decision", "later"))
	if !later.HasID("consent-allow") {
		t.Fatalf("not now leads to %s (%d)", later.URL, later.Status)
	}
	if later.Allow().Code() == "" {
		t.Error("the app got no code")
	}
	signedOut := func() *testkit.Page {
		if p := b.Get("/oauth2/logout"); p.HasID("logout-confirm") {
			p.Submit()
		}
		return able(b.Get("/login"), w.email)
	}
	w.in(signedOut())
	w.Clock.Advance(29 * 24 * time.Hour)
	w.in(signedOut())
	w.Clock.Advance(2 * 24 * time.Hour)
	if p := signedOut(); p.URL.Path != "/login/passkey/offer" {
		t.Errorf("after 31 days: %s", p.URL)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password)) // no script, no offer
}

// The offer adds a passkey and goes on; who has one is not asked.
func TestPasskeyOfferTaken(t *testing.T) {
	w := keyed(t)
	rp := w.Client(storage.ClientMetadata{})
	b, auth := w.Browser(), w.Authenticator()
	offer := able(b.Get(w.AuthURL(rp)), w.email)
	liar := w.Authenticator()
	liar.Origin = "https://evil.test"
	bad := b.Post("/login/passkey/offer", offerForm(offer, "credential", liar.Create(w.options(b, "/account/passkeys/options"))))
	if bad.Status != http.StatusForbidden || !bad.HasID("passkey-later") || len(w.keys(w.person)) != 0 {
		t.Errorf("a bad passkey: %d on %s", bad.Status, bad.URL)
	}
	done := b.Post("/login/passkey/offer", offerForm(bad, "credential", auth.Create(w.options(b, "/account/passkeys/options"))))
	if !done.HasID("consent-allow") || len(w.keys(w.person)) != 1 {
		t.Fatalf("added, and then %d on %s", done.Status, done.URL)
	}
	_, in := w.signKey(auth)
	w.in(in)
	w.in(able(w.Browser().Get("/login"), w.email))
	if p := w.Browser().Post("/login/passkey/offer", offerForm(offer, "decision", "later")); p.Status == http.StatusOK && p.HasID("home-sign-out") {
		t.Errorf("another browser goes on: %s", p.URL)
	}
	if p := b.Post("/login/passkey/offer", offerForm(offer, "decision", "later", "csrf", "x")); p.Status != http.StatusForbidden {
		t.Errorf("without the form's token: %d", p.Status)
	}
}

func offerForm(p *testkit.Page, values ...string) map[string][]string {
	_, form := p.Form(values...)
	return form
}

// PW02: page and options are the same whoever is named, and name no credential.
func TestPW02_PasskeyOptions(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	without, _ := w.somebody()
	rp := w.Client(storage.ClientMetadata{})
	var first map[string]any
	for _, hint := range []string{w.email, without, "nobody@example.org", ""} {
		b := w.Browser()
		page := b.Get(w.AuthURL(rp, "login_hint", hint))
		if !page.HasID("login-passkey") || !page.HasID("login-password") {
			t.Errorf("%q: another page", hint)
		}
		refused := page.Submit("identifier", hint, "password", "not the password")
		if hint != "" && (!refused.HasID("login-passkey") || refused.Status != http.StatusForbidden) {
			t.Errorf("%q: another answer, %d", hint, refused.Status)
		}
		var got map[string]any
		w.must(json.Unmarshal([]byte(w.options(b, flowOf(page))), &got))
		if c, _ := got["challenge"].(string); len(c) < 64 {
			t.Errorf("challenge %q", c)
		}
		delete(got, "challenge")
		if first == nil {
			first = got
		}
		if a, _ := json.Marshal(first); string(a) != string(mustJSON(w, got)) || strings.Contains(string(a), encoded(auth.Held[0].ID)) {
			t.Errorf("%q: options %v, want %v", hint, got, first)
		}
	}
}

func mustJSON(w *world, v any) []byte {
	b, err := json.Marshal(v)
	w.must(err)
	return b
}

// The domain of passkeys is fixed once somebody has one: a start that would make them useless is refused, with the way out.
func TestPasskeyDomainIsFixed(t *testing.T) {
	w := keyed(t, passkeys(func(c *app.Config) { c.Login.Passkeys.RelatedOrigins = []string{"https://new.example"} }))
	a := w.ok(w.Get("/.well-known/webauthn"))
	if a.Body != `{"origins":["https://new.example"]}` || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("related origins: %s %v", a.Body, a.Header)
	}
	start := func(change func(c *app.Config)) error {
		w.Stop()
		cfg := w.App.Config
		change(&cfg)
		other, err := app.Open(t.Context(), cfg, app.Options{Log: w.App.Log, Now: w.Clock.Now})
		w.must(err)
		defer func() { w.must(other.Close()) }()
		_, err = other.Routes()
		return err
	}
	moved := func(c *app.Config) { c.Issuer = "https://new.example" }
	w.must(start(moved)) // nobody has one yet
	w.must(start(func(*app.Config) {}))
	w.Restart()
	w.enrolled(w.Authenticator())
	err := start(moved)
	if err == nil || !strings.Contains(err.Error(), "bound to localhost") || !strings.Contains(err.Error(), "login.passkeys.rp_id") {
		t.Errorf("moved: %v", err)
	}
	w.must(start(func(c *app.Config) { moved(c); c.Login.Passkeys.RPID = "localhost" }))
	w.must(start(func(c *app.Config) { moved(c); c.Login.Passkeys.Off = true }))
	w.must(start(func(c *app.Config) { c.Issuer = "http://127.0.0.1:8080" }))
}

// Where there are no passkeys, nothing of them is there.
func TestPasskeysOff(t *testing.T) {
	w := alone(t, cheap) // at an address
	if p := w.Browser().Get("/login"); p.HasID("login-passkey") || strings.Contains(p.Body, "passkey.") || strings.Contains(p.Header.Get("Content-Security-Policy"), "connect-src") {
		t.Error("the sign-in page has a passkey")
	}
	b := w.Browser()
	w.in(able(b.Get("/login"), w.email))
	for _, path := range []string{"/account/passkeys", "/login/passkey/options?flow=x", "/.well-known/webauthn"} {
		if a := b.Raw(http.MethodGet, path, ""); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, acr := range []string{"1", "phr"} {
		if has := strings.Contains(w.Get("/.well-known/openid-configuration").Body, `"`+acr+`"`); has != (acr == "1") {
			t.Errorf("discovery offers %s: %t", acr, has)
		}
	}
	if b.Get("/").HasID("home-passkeys") {
		t.Error("the start page links to passkeys")
	}
}
