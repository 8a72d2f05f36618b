package modules

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestJW17_SubjectIsNotReused(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	old := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp, "scope", "openid email offline_access"), w.email).Get("code")))
	code := w.code(rp)
	w.alive(rp, old)
	w.must(w.App.Directory.Erase(ctx, w.App.Tenant, w.person.ID, testkit.Operator()))
	again := w.Person(w.email)
	if again.Subject == w.person.Subject || again.ID == w.person.ID {
		t.Fatal("the same subject for another person")
	}
	w.dead(rp, old)
	w.refused(w.Redeem(rp, code), 400, "invalid_grant")
	if got := w.silent(b, rp); got != "login_required" {
		t.Errorf("the old session: %q", got)
	}
	w.row("interaction.hinted_person", func() { // an old ID token names nobody who is here now
		hinted := w.Browser()
		hinted.Get(w.AuthURL(rp)).SignIn(w.email, testkit.Password)
		w.refusedTo(get(hinted, w.AuthURL(rp, "prompt", "none", "id_token_hint", old.Text("id_token"))), rp, "query", "login_required")
	})
	p := w.Browser().Get(w.AuthURL(rp)).SignIn(w.email, testkit.Password)
	if !p.HasID("consent-allow") {
		t.Error("the old consent counts for another person")
	}
	fresh := w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	if claims := w.idToken(fresh, rp); claims["sub"] != again.Subject {
		t.Errorf("sub %v", claims["sub"])
	}
	if _, err := w.App.DB.PersonBySubject(ctx, w.App.Tenant, w.person.Subject); err == nil {
		t.Error("the old subject still names somebody")
	}
}
