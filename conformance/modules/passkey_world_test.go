package modules

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// keyed is a server at a name, as passkeys want, with a person of its own.
func keyed(t *testing.T, options ...testkit.Option) *world {
	t.Helper()
	return newWorld(t, testkit.StartNamed(t, append([]testkit.Option{cheap}, options...)...))
}

// passkeys changes the passkeys' configuration.
func passkeys(change func(c *app.Config)) testkit.Option { return change }

// lenientUV takes passkeys without user verification as one factor.
func lenientUV(c *app.Config) { c.Login.Passkeys.UserVerification = "preferred" }

// options is what the script of a page asks for.
func (w *world) options(b *testkit.Browser, path string) string {
	w.t.Helper()
	a := b.Raw(http.MethodGet, path, "", "Accept", "application/json")
	if a.Status != http.StatusOK {
		w.t.Fatalf("options: %d %.300s", a.Status, a.Body)
	}
	return a.Body
}

// enrolled is a browser in which the world's person has signed in with the password and added a passkey with auth.
func (w *world) enrolled(auth *testkit.Authenticator) *testkit.Browser {
	w.t.Helper()
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	w.added(w.addKey(b, auth))
	return b
}

// addKey adds a passkey on the person's own page.
func (w *world) addKey(b *testkit.Browser, auth *testkit.Authenticator) *testkit.Page {
	w.t.Helper()
	page := b.Get("/account/passkeys")
	return page.Submit("credential", auth.Create(w.options(b, "/account/passkeys/options")))
}

func (w *world) added(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusOK || p.URL.Path != "/account/passkeys" || !p.HasID("passkeys-done") {
		w.t.Fatalf("not added: %d on %s: %.900s", p.Status, p.URL, p.Body)
	}
}

// keyForm is what the second form of a sign-in page sends with an answer.
func keyForm(p *testkit.Page, answer string) url.Values {
	_, form := p.Form()
	return url.Values{"csrf": {form.Get("csrf")}, "flow": {form.Get("flow")}, "credential": {answer}}
}

// flowOf is where the page's script asks for options.
func flowOf(p *testkit.Page) string {
	_, form := p.Form()
	return "/login/passkey/options?" + url.Values{"flow": {form.Get("flow")}}.Encode()
}

// use signs in with a passkey on a sign-in page.
func (w *world) use(b *testkit.Browser, page *testkit.Page, auth *testkit.Authenticator) *testkit.Page {
	w.t.Helper()
	return b.Post("/login/passkey", keyForm(page, auth.Get(w.options(b, flowOf(page)))))
}

// signKey opens the sign-in page and uses a passkey.
func (w *world) signKey(auth *testkit.Authenticator) (*testkit.Browser, *testkit.Page) {
	w.t.Helper()
	b := w.Browser()
	return b, w.use(b, b.Get("/login"), auth)
}

// noKey wants the one answer to every passkey that proves nothing.
func (w *world) noKey(p *testkit.Page) {
	w.t.Helper()
	if p.Status != http.StatusForbidden || p.URL.Path != "/login/passkey" || !p.HasID("login-passkey") || !strings.Contains(p.Body, "That passkey did not work") {
		w.t.Errorf("not the uniform refusal: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	if len(p.Header["Set-Cookie"]) != 0 {
		w.t.Errorf("a refusal sets cookies: %v", p.Header["Set-Cookie"])
	}
}

// sessions are the person's.
func (w *world) sessions(p *storage.Person) []storage.Session {
	w.t.Helper()
	all, err := w.App.DB.SessionsOf(context.Background(), w.App.Tenant, p.ID)
	w.must(err)
	return all
}

// keys are the person's passkeys.
func (w *world) keys(p *storage.Person) []storage.Passkey {
	w.t.Helper()
	all, err := w.App.DB.PasskeysOf(context.Background(), w.App.Tenant, p.ID)
	w.must(err)
	return all
}

// rowsIn counts the rows of tables.
func (w *world) rowsIn(tables ...string) int {
	w.t.Helper()
	n := 0
	for _, table := range tables {
		var one int
		w.must(w.App.DB.SQL().QueryRowContext(context.Background(), "SELECT count(*) FROM "+table).Scan(&one))
		n += one
	}
	return n
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signature signs authenticator data and the hash of the client data.
func signature(t *testing.T, key *ecdsa.PrivateKey, data []byte, hash [32]byte) []byte {
	t.Helper()
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// selfAttested is a statement by the credential's own key: it proves nothing about the authenticator.
func selfAttested(data []byte, hash [32]byte, key *ecdsa.PrivateKey) (string, map[string]any) {
	digest := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return "", nil
	}
	return "packed", map[string]any{"alg": -7, "sig": sig}
}
