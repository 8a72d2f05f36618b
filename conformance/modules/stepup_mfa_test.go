package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// weakened is a browser with a session of one factor, of a person who has two: as one that is older than the second.
func (w *world) weakened(b *testkit.Browser) {
	w.t.Helper()
	_, err := w.App.DB.SQL().ExecContext(w.t.Context(), "UPDATE sessions SET acr = '1', amr = '[\"pwd\"]'")
	w.must(err)
	w.Restart()
	if cookie(b, w.URL, "jedan-session") == "" {
		w.t.Fatal("no session")
	}
}

// acr_values=2 of a session of one factor asks for the second alone, and the sign-in is as old as it was.
func TestStepUp_SecondFactorAlone(t *testing.T) {
	w, phone, b := secured(t)
	rp := w.Client(storage.ClientMetadata{})
	w.weakened(b)
	w.row("interaction.acr", func() {
		w.refusedTo(get(b, w.AuthURL(rp, "acr_values", "2", "prompt", "none")), rp, "query", "login_required")
	})
	w.Clock.Advance(3 * time.Minute)
	page := b.Get(w.AuthURL(rp, "acr_values", "2"))
	if page.URL.Path != "/login/mfa" || !page.HasID("mfa-code") {
		t.Fatalf("not asked for the second factor: %d on %s", page.Status, page.URL.Path)
	}
	w.denied(page.Factor("totp", otherCode(phone.Next())))
	a := w.ok(w.Redeem(rp, page.Factor("totp", phone.Code(0)).Allow().Params().Get("code")))
	_, claims := w.parts(a.Text("id_token"))
	age := float64(w.Clock.Now().Unix()) - claims["auth_time"].(float64)
	if claims["acr"] != "2" || age < 180 {
		t.Errorf("acr %v, signed in %vs ago", claims["acr"], age)
	}
	if q := w.response(get(b, w.AuthURL(rp, "acr_values", "2", "prompt", "none")), rp, "query"); q.Get("code") == "" {
		t.Errorf("the stepped-up session: %v", q)
	}
	// The second factor alone does not stand for a newer sign-in.
	p := b.Get(w.AuthURL(rp, "acr_values", "2", "max_age", "60"))
	if p.URL.Path != "/login" {
		t.Fatalf("max_age: %d on %s", p.Status, p.URL.Path)
	}
	skipped := b.Get("/login/mfa?flow="+p.Query("flow")).Factor("totp", phone.Next())
	if skipped.URL.Path != "/login" || skipped.Code() != "" {
		t.Errorf("a second factor met max_age: %d on %s", skipped.Status, skipped.URL.Path)
	}
	if q := p.SignIn(w.email, testkit.Password).Factor("totp", phone.Next()).Allow().Params(); q.Get("code") == "" {
		t.Errorf("after both: %v", q)
	}
}

// Who has no second factor signs in again, and the client is told that it was not enough.
func TestStepUp_NoSecondFactor(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	page := b.Get(w.AuthURL(rp, "acr_values", "2"))
	if page.URL.Path != "/login" {
		t.Fatalf("%d on %s", page.Status, page.URL.Path)
	}
	if q := page.SignIn(w.email, testkit.Password).Params(); q.Get("error") != "unmet_authentication_requirements" {
		t.Errorf("%v", q)
	}
}

// A resource that demands two factors gets them.
func TestStepUp_ResourceOfTwoFactors(t *testing.T) {
	w, phone, b := secured(t)
	w.Resource("https://bank.example", nil, func(r *register.Resource) { r.ACRValues = []string{"2"} })
	rp := w.Client(storage.ClientMetadata{Resources: []string{"https://bank.example"}})
	w.weakened(b)
	page := b.Get(w.AuthURL(rp, "resource", "https://bank.example"))
	if page.URL.Path != "/login/mfa" {
		t.Fatalf("%d on %s", page.Status, page.URL.Path)
	}
	a := w.ok(w.Redeem(rp, page.Factor("totp", phone.Next()).Allow().Params().Get("code"), "resource", "https://bank.example"))
	if _, claims := w.parts(a.Text("access_token")); claims["acr"] != "2" {
		t.Errorf("acr %v", claims["acr"])
	}
}
