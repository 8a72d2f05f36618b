package modules

import (
	"net/http"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
)

// TestFE_AskEmail: a new account of whom the upstream says no address gives one, which counts once a code has proved it, and takes nobody else's.
func TestFE_AskEmail(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.AskEmail = true })
	w.Person("maria@example.org")
	w.up.claims = map[string]any{"email": nil}
	b := w.Browser()
	p := w.through(b)
	first := func() {
		t.Helper()
		if _, form := p.Form(); p.URL.Path != "/login/required" || form.Get("action") != "add_email" {
			t.Fatalf("%d %s", p.Status, p.URL)
		}
	}
	first()
	if q := b.Get(w.AuthURL(w.rp, "prompt", "none")).Params(); q.Get("error") != "interaction_required" {
		t.Errorf("an application hears of them: %v", q)
	}
	for _, bad := range []string{"", "nora", "nora@", "a@b@c.example", "nora@new.example\r\nBcc: x@y.example"} {
		if r := p.Submit("email", bad, "send", "1"); r.Status != http.StatusBadRequest {
			t.Errorf("%q: %d", bad, r.Status)
		}
	}
	if r := p.Submit("code", "123456"); r.Status != http.StatusForbidden {
		t.Errorf("a code that was never sent: %d", r.Status)
	}
	taken := p.Submit("email", "maria@example.org", "send", "1")
	if taken.Status != http.StatusOK {
		t.Fatal(taken.Status)
	}
	if r := taken.Submit("code", w.Mail("maria@example.org").Code()); r.Status != http.StatusConflict {
		t.Errorf("somebody else's address: %d", r.Status)
	}
	sent := p.Submit("email", "Nora@New.example", "send", "1")
	code := w.Mail("Nora@New.example").Code()
	if r := sent.Submit("code", "0000000"); r.Status != http.StatusForbidden {
		t.Errorf("a wrong code: %d", r.Status)
	}
	if w.hasAddress("nora@new.example") {
		t.Error("an address counts that nobody has proved")
	}
	p = sent.Submit("code", code, "email", "evil@evil.example")
	subject := w.subject(p)
	person, err := w.App.DB.PersonBySubject(t.Context(), w.App.Tenant, subject)
	w.must(err)
	claims, err := w.App.Directory.Claims(person)
	w.must(err)
	if !claims.Bool("email_verified") || claims.String("email") != "Nora@New.example" || len(person.Required) != 0 || w.hasAddress("evil@evil.example") {
		t.Errorf("%v %v", claims, person.Required)
	}
	if again := w.signedIn(w.Browser()); again != subject {
		t.Error("they are somebody else the next time")
	}
	w.up.claims = map[string]any{"sub": "sub-2", "email": "has@upstream.example"}
	if w.signedIn(w.Browser()) == "" {
		t.Error("who has an address was asked")
	}
}
