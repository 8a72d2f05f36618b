package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// keyStep answers the second step with a passkey.
func (w *world) keyStep(b *testkit.Browser, page *testkit.Page, auth *testkit.Authenticator) *testkit.Page {
	w.t.Helper()
	_, form := page.Form()
	if form.Get("factor") != "passkey" || !strings.Contains(page.Body, `data-passkey="get"`) {
		w.t.Fatalf("not asked for a passkey: %d on %s: %.600s", page.Status, page.URL.Path, page.Body)
	}
	form.Set("credential", auth.Get(w.options(b, flowOf(page))))
	return b.Post("/login/mfa", form)
}

// A password opens an account that has a passkey too, with one factor. What needs two asks for the passkey, of the same person.
func TestMF08_PasskeyAsSecondStep(t *testing.T) {
	w := keyed(t)
	auth, rp := w.Authenticator(), w.Client(storage.ClientMetadata{})
	w.enrolled(auth)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	page := b.Get(w.AuthURL(rp, "acr_values", "2"))
	if page.URL.Path != "/login/mfa" {
		t.Fatalf("not asked for the second factor: %d on %s", page.Status, page.URL.Path)
	}
	w.row("mfa.form", func() { w.noSecondKey(page.Submit("credential", "")) })
	stranger := w.Authenticator()
	w.keyOfAnother(stranger)
	w.row("assertion.half", func() { w.noSecondKey(w.keyStep(b, page, stranger)) })
	used := auth.Get(w.options(b, flowOf(page)))
	_, form := page.Form()
	form.Set("credential", used)
	done := b.Post("/login/mfa", form)
	a := w.ok(w.Redeem(rp, done.Allow().Params().Get("code")))
	if _, claims := w.parts(a.Text("id_token")); claims["acr"] != "phr" {
		t.Errorf("acr %v amr %v", claims["acr"], claims["amr"])
	}
	w.row("mfa.factor", func() { // the session stands on it by now: it is no second thing any more
		if p := b.Post("/login/mfa", form); p.Code() != "" {
			t.Errorf("an assertion counts twice: %d on %s", p.Status, p.URL)
		}
	})
}

// keyOfAnother gives somebody else a passkey with auth.
func (w *world) keyOfAnother(auth *testkit.Authenticator) {
	w.t.Helper()
	email, _ := w.somebody()
	b := w.Browser()
	w.in(guess(b, email, testkit.Password))
	w.added(w.addKey(b, auth))
}

// noSecondKey wants the page again, without a session of two factors.
func (w *world) noSecondKey(p *testkit.Page) {
	w.t.Helper()
	if p.Status < 400 || p.Status > 403 || p.URL.Path != "/login/mfa" || !strings.Contains(p.Body, "No passkey was used") || len(p.Header["Set-Cookie"]) != 0 {
		w.t.Errorf("not the uniform refusal: %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
}

// MF04: a password alone adds nothing to an account that has a passkey; the passkey alone is asked for, and leads back.
func TestMF04_AppFromPasswordBesidePasskey(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	page := b.Get("/account/security")
	_, form := page.Form()
	asked := b.Post("/account/security", url.Values{"csrf": {form.Get("csrf")}, "action": {"add"}})
	if asked.URL.Path != "/login/mfa" || w.rowsIn("factors") != 0 {
		t.Fatalf("%d on %s, %d factors", asked.Status, asked.URL.Path, w.rowsIn("factors"))
	}
	if back := w.keyStep(b, asked, auth); back.Status != http.StatusOK || back.URL.Path != "/account/security" {
		t.Fatalf("%d on %s", back.Status, back.URL.Path)
	}
	page = b.Get("/account/security")
	_, form = page.Form()
	if p := b.Post("/account/security", url.Values{"csrf": {form.Get("csrf")}, "action": {"add"}}); !strings.HasPrefix(p.URL.Path, "/account/security/") {
		t.Errorf("%d on %s", p.Status, p.URL.Path)
	}
}

// The same thing shown twice is one factor: a passkey that verified nobody, in a session that it opened.
func TestMF12_OnePasskeyTwice(t *testing.T) {
	w := keyed(t, lenientUV)
	auth, rp := w.Authenticator(), w.Client(storage.ClientMetadata{})
	auth.Flags &^= testkit.FlagUV
	w.enrolled(auth)
	b, p := w.signKey(auth)
	w.in(p)
	page := b.Get(w.AuthURL(rp, "acr_values", "2"))
	if page.URL.Path != "/login" {
		t.Fatalf("asked for %d on %s", page.Status, page.URL.Path)
	}
	_, form := page.Form()
	again := url.Values{
		"csrf": {form.Get("csrf")}, "flow": {form.Get("flow")}, "step": {""}, "factor": {"passkey"}, "credential": {auth.Get(w.options(b, flowOf(page)))},
	}
	if q := b.Post("/login/mfa", again); q.Code() != "" || q.HasID("consent-allow") {
		t.Errorf("two factors from one: %d on %s", q.Status, q.URL)
	}
	if all := w.sessions(w.person); all[len(all)-1].ACR != "1" {
		t.Errorf("the session reached %q", all[len(all)-1].ACR)
	}
}

// The same for a mailbox: a session that a mailed code opened is stepped up by no mailed code. The account page goes on with what there is.
func TestMF07_OneMailboxTwice(t *testing.T) {
	w := alone(t, cheap, free, byMail, sentCodes)
	w.hold(w.email, "mail")
	rp, b := w.Client(storage.ClientMetadata{}), w.Browser()
	p, m := w.mailed(b, w.email)
	w.in(p.Submit("code", m.Code()))
	if page := b.Get(w.AuthURL(rp, "acr_values", "2")); page.URL.Path != "/login" {
		t.Errorf("asked for %d on %s", page.Status, page.URL.Path)
	}
	if page := b.Get(codesPath); page.Status != http.StatusOK || page.URL.Path != codesPath {
		t.Errorf("the account page: %d on %s", page.Status, page.URL.Path)
	}
}
