package modules

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// event is an operator's audit row, for changes by hand.
func (w *world) event(kind string) *storage.AuditEvent {
	return w.App.Audit.Row(context.Background(), w.App.Tenant, audit.Event{Type: kind, ActorKind: "operator", Actor: "test"})
}

func TestTK13_RefreshRotation(t *testing.T) {
	w := alone(t)
	yes := true
	for _, rp := range []*testkit.RP{w.public(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{RotateRefresh: &yes})} {
		first := w.offline(rp)
		second := w.ok(w.Refresh(rp, first.Text("refresh_token")))
		if second.Text("refresh_token") == first.Text("refresh_token") || second.Text("refresh_token") == "" {
			t.Fatal("not rotated")
		}
		retry := w.ok(w.Refresh(rp, first.Text("refresh_token"))) // an honest client whose answer was lost
		if retry.Text("refresh_token") != second.Text("refresh_token") {
			t.Error("a retry within the grace got another successor")
		}
		w.alive(rp, second)
		w.Clock.Advance(11 * time.Second)
		w.row("refresh.generation", func() { w.refused(w.Refresh(rp, first.Text("refresh_token")), 400, "invalid_grant") })
		for _, a := range []*testkit.Answer{first, second, retry} {
			w.dead(rp, a)
		}
		if n := len(w.events(rp, "grant.reuse")); n != 1 {
			t.Errorf("%d events of reuse", n)
		}
	}
	// An older one than the predecessor has no grace.
	rp := w.public(storage.ClientMetadata{})
	first := w.offline(rp)
	second := w.ok(w.Refresh(rp, first.Text("refresh_token")))
	third := w.ok(w.Refresh(rp, second.Text("refresh_token")))
	w.row("refresh.generation", func() { w.refused(w.Refresh(rp, first.Text("refresh_token")), 400, "invalid_grant") })
	w.dead(rp, third)
}

func TestTK17_RefreshBoundToClient(t *testing.T) {
	w := open(t)
	a, b, public := w.Client(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{}), w.public(storage.ClientMetadata{})
	token := w.offline(a).Text("refresh_token")
	w.row("refresh.client", func() { w.refused(w.Refresh(b, token), 400, "invalid_grant") })
	w.row("refresh.client", func() { w.refused(w.Refresh(public, token), 400, "invalid_grant") })
	w.row("client.registered_method", func() { w.refused(w.Refresh(&testkit.RP{ID: a.ID}, token), 401, "invalid_client") })
	w.row("client.secret", func() { w.refused(w.Refresh(&testkit.RP{ID: a.ID, Secret: b.Secret}, token), 401, "invalid_client") })
	for _, forged := range []string{token[:len(token)-2] + "AA", "jdr_AAAA", "x", token + "A", strings.Replace(token, "jdr_", "jdc_", 1)} {
		w.row("refresh.authentic", func() { w.refused(w.Refresh(a, forged), 400, "invalid_grant") })
	}
	w.row("refresh.authentic", func() { w.refused(w.Refresh(a, ""), 400, "invalid_request") })
	w.ok(w.Refresh(a, token))
}

func TestTK18_RefreshScope(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	token := w.offline(rp).Text("refresh_token")
	narrow := w.ok(w.Refresh(rp, token, "scope", "openid"))
	_, claims := w.parts(narrow.Text("access_token"))
	if narrow.Text("scope") != "openid" || claims["scope"] != "openid" {
		t.Errorf("scope %q, in the token %v", narrow.Text("scope"), claims["scope"])
	}
	if u := w.ok(w.Userinfo(narrow.Text("access_token"))); u.JSON["email"] != nil {
		t.Errorf("a narrower token still shows %s", u.Body)
	}
	for _, scope := range []string{"openid email profile", "profile", "admin", "openid jedan:admin"} {
		w.row("refresh.narrow", func() { w.refused(w.Refresh(rp, token, "scope", scope), 400, "invalid_scope") })
	}
	w.row("refresh.narrow", func() { w.refused(w.Refresh(rp, token, "resource", "https://other.test/"), 400, "invalid_target") })
	if all := w.ok(w.Refresh(rp, token)); all.Text("scope") != "openid email offline_access" {
		t.Errorf("narrowing stuck: %q", all.Text("scope"))
	}
	code := w.code(rp, "scope", "openid email")
	w.refused(w.Redeem(rp, code, "scope", "openid profile"), 400, "invalid_scope")
	if a := w.ok(w.Redeem(rp, code, "scope", "openid")); a.Text("scope") != "openid" {
		t.Errorf("scope %q", a.Text("scope"))
	}
}

func TestTK19_RefreshLifetime(t *testing.T) {
	w := alone(t, func(c *app.Config) { c.Tokens.GrantLifetime = time.Hour })
	for _, rp := range []*testkit.RP{w.Client(storage.ClientMetadata{}), w.public(storage.ClientMetadata{})} {
		a := w.offline(rp)
		for range 3 {
			w.Clock.Advance(19 * time.Minute)
			a = w.ok(w.Refresh(rp, a.Text("refresh_token")))
		}
		_, claims := w.parts(a.Text("access_token"))
		if left := claims["exp"].(float64) - float64(w.Clock.Now().Unix()); left > 181 {
			t.Errorf("an access token outlives its grant by %v s", left-180)
		}
		w.Clock.Advance(4 * time.Minute)
		w.row("refresh.live", func() { w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "invalid_grant") })
		w.dead(rp, a)
	}
}

func TestTK20_RefreshChecksAgain(t *testing.T) {
	w := open(t)
	ctx := context.Background()
	for name, change := range map[string]func(w *world, rp *testkit.RP) error{
		"disabled": func(w *world, _ *testkit.RP) error {
			return w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator())
		},
		"locked and unlocked": func(w *world, _ *testkit.RP) error {
			w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator()))
			return w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonActive, testkit.Operator())
		},
		"erased": func(w *world, _ *testkit.RP) error {
			return w.App.Directory.Erase(ctx, w.App.Tenant, w.person.ID, testkit.Operator())
		},
		"new password": func(w *world, _ *testkit.RP) error {
			return w.App.Directory.SetPassword(ctx, w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator())
		},
		"consent withdrawn": func(w *world, rp *testkit.RP) error {
			return w.App.DB.RevokeConsent(ctx, w.App.Tenant, w.person.ID, rp.Client.ID, w.App.Now(), w.event("consent.revoke"))
		},
		"client deleted": func(w *world, rp *testkit.RP) error {
			return w.App.DB.DeleteClient(ctx, w.App.Tenant, rp.Client.ID, w.App.Now(), w.event("client.delete"))
		},
		"state alone": func(w *world, _ *testkit.RP) error { // whoever changed it did not end the grants
			_, err := w.App.DB.UpdatePerson(ctx, w.App.Tenant, w.person.ID, func(p *storage.Person) error { p.State = storage.PersonLocked; return nil }, w.event("user.lock"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, w.For(t))
			rp := w.public(storage.ClientMetadata{})
			a := w.offline(rp)
			a = w.ok(w.Refresh(rp, a.Text("refresh_token")))
			w.must(change(w, rp))
			if name == "client deleted" {
				w.refused(w.Refresh(rp, a.Text("refresh_token")), 401, "invalid_client")
				w.refused(w.Userinfo(a.Text("access_token")), 401, "invalid_token")
				return
			}
			w.row("refresh.live", func() { w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "invalid_grant") })
			w.refused(w.Userinfo(a.Text("access_token")), 401, "invalid_token")
		})
	}

	rp := w.Client(storage.ClientMetadata{})
	a := w.offline(rp)
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid offline_access" })
	b := w.ok(w.Refresh(rp, a.Text("refresh_token")))
	if b.Text("scope") != "openid offline_access" || w.ok(w.Userinfo(b.Text("access_token"))).JSON["email"] != nil {
		t.Errorf("a scope that was taken away is still granted: %s", b.Body)
	}
	w.row("refresh.narrow", func() {
		w.refused(w.Refresh(rp, a.Text("refresh_token"), "scope", "openid email"), 400, "invalid_scope")
	})
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "files" })
	w.row("refresh.registered_scope", func() { w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "invalid_grant") })
	w.Change(rp, func(m *storage.ClientMetadata) { m.Scope = "openid email offline_access" })
	w.Change(rp, func(m *storage.ClientMetadata) { m.GrantTypes = []string{"authorization_code"} })
	w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "unauthorized_client")
	w.Change(rp, func(m *storage.ClientMetadata) { m.GrantTypes = []string{"authorization_code", "refresh_token"} })
	w.ok(w.Refresh(rp, a.Text("refresh_token")))
	w.Disable(rp)
	w.row("client.enabled", func() { w.refused(w.Refresh(rp, a.Text("refresh_token")), 401, "invalid_client") })
	w.refused(w.Userinfo(b.Text("access_token")), 401, "invalid_token")
}
