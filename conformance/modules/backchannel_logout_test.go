package modules

import (
	"context"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestOIDCC_BackchannelLogoutDiscoveryEndpointVerification(t *testing.T) {
	meta := open(t).Get("/.well-known/openid-configuration").JSON
	for _, name := range []string{"backchannel_logout_supported", "backchannel_logout_session_supported"} {
		if meta[name] != true {
			t.Errorf("%s is %v", name, meta[name])
		}
	}
}

func TestOIDCC_BackchannelRPInitiatedLogout(t *testing.T) {
	w, s := told(t)
	e := w.listening(s, "/backchannel")
	b := w.Browser()
	claims, hint := e.signIn(b)
	p := b.Get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "x"))
	if p.Location == nil || p.Location.Query().Get("state") != "x" {
		t.Errorf("led to %v, %d", p.Location, p.Status)
	}
	e.about(claims)
	e.quiet()
	if got := w.silent(b, e.RP); got != "login_required" {
		t.Errorf("still signed in: %q", got)
	}
	if m := e.ends(storage.OutboxDelivered); m.Attempts != 1 || !m.Payload.IsZero() {
		t.Errorf("delivery log %+v", m)
	}
}

// TestBackchannelLogoutReasons: whatever ends a session, its clients hear of it, and only they.
func TestBackchannelLogoutReasons(t *testing.T) {
	w, s := told(t)
	ctx, db := context.Background(), w.App.DB
	a := w.listening(s, "/a")
	pairwise := w.listening(s, "/b", func(m *storage.ClientMetadata) {
		m.SubjectType, m.IDTokenSignedResponseAlg = "pairwise", "ES256"
	})
	absent := w.listening(s, "/c")
	silent := w.Client(storage.ClientMetadata{})
	plain := w.listening(s, "/d") // granted no openid
	operator := testkit.Operator()
	for reason, end := range map[string]func(*testkit.Browser, *storage.Session) error{
		"the person signs out": func(b *testkit.Browser, _ *storage.Session) error {
			b.Get("/logout").Submit()
			return nil
		},
		"an operator ends the session": func(_ *testkit.Browser, s *storage.Session) error {
			return db.RevokeSession(ctx, s.Tenant, s.ID, w.Clock.Now(), "operator", w.App.Audit.Row(ctx, s.Tenant, audit.Event{Type: audit.SessionRevoke}))
		},
		"an operator ends all sessions": func(_ *testkit.Browser, s *storage.Session) error {
			return db.EndPerson(ctx, storage.EndPerson{Tenant: s.Tenant, Person: s.Person, Reason: "operator", Now: w.Clock.Now()}, nil)
		},
		"the person is locked": func(_ *testkit.Browser, s *storage.Session) error {
			return w.App.Directory.SetState(ctx, s.Tenant, s.Person, storage.PersonLocked, operator)
		},
		"the person is disabled": func(_ *testkit.Browser, s *storage.Session) error {
			return w.App.Directory.SetState(ctx, s.Tenant, s.Person, storage.PersonDisabled, operator)
		},
		"the person is erased": func(_ *testkit.Browser, s *storage.Session) error {
			return w.App.Directory.Erase(ctx, s.Tenant, s.Person, operator)
		},
		"the password is reset": func(_ *testkit.Browser, s *storage.Session) error {
			return w.App.Directory.SetPassword(ctx, s.Tenant, s.Person, "", storage.ID{}, operator)
		},
		"another person signs in": func(b *testkit.Browser, _ *storage.Session) error {
			email, _ := w.somebody()
			b.Authorize(w.AuthURL(silent, "prompt", "login"), email)
			return nil
		},
	} {
		w.email, w.person = w.somebody()
		b := w.Browser()
		public, _ := a.signIn(b)
		sector, _ := pairwise.signIn(b)
		w.ok(w.Redeem(plain.RP, b.Authorize(w.AuthURL(plain.RP, "scope", "email", "nonce", ""), w.email).Get("code")))
		b.Authorize(w.AuthURL(silent), w.email)
		if sector["sub"] == public["sub"] || sector["sid"] != public["sid"] {
			t.Fatalf("%v %v", sector, public)
		}
		sessions, err := db.SessionsOf(ctx, w.App.Tenant, w.person.ID)
		if err != nil || len(sessions) != 1 {
			t.Fatal(sessions, err)
		}
		w.must(end(b, &sessions[0]))
		t.Log(reason)
		a.about(public)
		pairwise.about(sector)
		for _, e := range []*ear{a, pairwise, absent, plain} {
			e.quiet()
		}
	}
}

// TestBackchannelLogoutRevokedGrant: an operator who takes a client's access away signs the person out there; a client that gives its token back
// knows already.
func TestBackchannelLogoutRevokedGrant(t *testing.T) {
	w, s := told(t)
	e := w.listening(s, "/rp")
	b := w.Browser()
	claims, _ := e.signIn(b)
	g := w.grants(e.RP)[0]
	done, err := w.App.DB.RevokeGrant(context.Background(), storage.RevokeGrant{Tenant: g.Tenant, Grant: g.ID, Now: w.Clock.Now(), Reason: "operator", Announce: true}, nil)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	e.about(claims)
	a := w.ok(w.Redeem(e.RP, b.Authorize(w.AuthURL(e.RP, "scope", "openid offline_access"), w.email).Get("code")))
	w.ok(w.Call("/oauth2/revoke", e.RP, form("token", a.Text("refresh_token"))))
	e.quiet()
}

// TestBackchannelLogoutAfterSigningInAgain: a later session of the same person in the same browser is the same to a client, under the name that it knows.
func TestBackchannelLogoutAfterSigningInAgain(t *testing.T) {
	w, s := told(t)
	e := w.listening(s, "/rp")
	other := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	claims, hint := e.signIn(b)
	w.Clock.Advance(time.Second)
	if q := b.Get(w.AuthURL(other, "prompt", "login")).SignIn(w.email, testkit.Password).Allow().Params(); q.Get("code") == "" {
		t.Fatalf("not signed in again: %v", q)
	}
	e.quiet()
	p := b.Get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", bye))
	if p.Location == nil {
		t.Errorf("asked, although the hint is about this session: %d", p.Status)
	}
	e.about(claims)
	e.quiet()
}

// TestBackchannelLogoutOfASweptGrant: the client is told even when its only token has been forgotten long since.
func TestBackchannelLogoutOfASweptGrant(t *testing.T) {
	w, s := told(t, longSessions)
	e := w.listening(s, "/rp")
	b := w.Browser()
	claims, _ := e.signIn(b)
	w.Clock.Advance(30 * time.Hour)
	if _, err := w.App.DB.DeleteDeadGrants(context.Background(), w.Clock.Now().Add(-24*time.Hour), 100); err != nil || len(w.grants(e.RP)) != 0 {
		t.Fatal("the grant stands", err)
	}
	b.Get("/logout").Submit()
	e.about(claims)
}
