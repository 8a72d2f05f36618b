package modules

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ends sends the list of sessions with the form token of that page.
func (w *world) ends(b *testkit.Browser, values ...string) *testkit.Page {
	w.t.Helper()
	_, form := b.Get("/account/sessions").Form()
	out := url.Values{"csrf": form["csrf"]}
	for i := 0; i+1 < len(values); i += 2 {
		out.Set(values[i], values[i+1])
	}
	return b.Post("/account/sessions", out)
}

// endsOthers signs the person in anew and ends every session but that one.
func (w *world) endsOthers() {
	w.t.Helper()
	b := w.signedIn(w.Client(storage.ClientMetadata{}))
	sessions, err := w.App.DB.SessionsOf(context.Background(), w.App.Tenant, w.person.ID)
	w.must(err)
	for _, s := range sessions[:len(sessions)-1] {
		if p := w.ends(b, "session", s.ID.String()); p.Status != http.StatusOK || !p.HasID("sessions-ended") {
			w.t.Fatalf("not ended: %d", p.Status)
		}
	}
	if p := b.Get("/account/sessions"); strings.Count(p.Body, `id="session-`) != 1 {
		w.t.Error("what has ended is still listed, or this session is not")
	}
}

func (w *world) signsOutEverywhere(apps bool) {
	w.t.Helper()
	values := []string{"all", "1"}
	if apps {
		values = append(values, "grants", "1")
	}
	if p := w.ends(w.signedIn(w.Client(storage.ClientMetadata{})), values...); p.Status != http.StatusOK || !p.HasID("everywhere-again") {
		w.t.Fatalf("not signed out: %d on %s", p.Status, p.URL.Path)
	}
}

// SE07: whose session it is decides who ends it, and signing out everywhere is on record for each.
func TestSE07_OwnSessionsOnly(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	mine := w.signedIn(rp)
	stranger := newWorld(t, w.Server)
	theirs := stranger.signedIn(rp)
	sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, stranger.person.ID)
	w.must(err)
	w.ends(mine, "session", sessions[0].ID.String())
	if got := w.silent(theirs, rp); got != "" {
		t.Errorf("somebody else's session was ended: %q", got)
	}
	for name, form := range map[string]url.Values{"no token": {"all": {"1"}}, "another's token": {"all": {"1"}, "csrf": formOf(theirs)}} {
		if p := mine.Post("/account/sessions", form); p.Status != http.StatusForbidden {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if p := mine.PostFrom("https://evil.test", "/account/sessions", url.Values{"all": {"1"}, "csrf": formOf(mine)}); p.Status != http.StatusForbidden {
		t.Errorf("from another site: %d", p.Status)
	}
	if got := w.silent(mine, rp); got != "" {
		t.Fatalf("the own session: %q", got)
	}
	w.signedIn(rp)
	w.ends(mine, "all", "1")
	evs, err := w.App.Audit.OfPerson(t.Context(), w.App.DB, w.App.Tenant, w.person.ID, storage.ID{}, 50)
	w.must(err)
	ended := 0
	for _, e := range evs {
		if e.Type == audit.SessionRevoke && e.Reason == "signed_out_everywhere" {
			ended++
		}
	}
	if ended != 3 { // each of two, and the act
		t.Errorf("%d events", ended)
	}
}

func formOf(b *testkit.Browser) []string {
	_, form := b.Get("/account/sessions").Form()
	return form["csrf"]
}

// SE07: apps that act while the person is away go on, unless the person ends them too.
func TestSE07_EverywhereKeepsOfflineGrantsUnlessAsked(t *testing.T) {
	for _, apps := range []bool{false, true} {
		w := newWorld(t, open(t).Server)
		rp := w.Client(storage.ClientMetadata{})
		a := w.ok(w.Redeem(rp, w.code(rp, "scope", "openid offline_access", "prompt", "consent")))
		w.signsOutEverywhere(apps)
		if got := w.Refresh(rp, a.Text("refresh_token")).Status; (got == http.StatusOK) == apps {
			t.Errorf("apps too: %t, the refresh is answered %d", apps, got)
		}
	}
}

// SE07: on the other node too, within a second.
func TestSE07_EndedSessionsOnTheOtherNode(t *testing.T) {
	a := alone(t)
	b := &world{Server: a.Node(t), t: t, person: a.person, email: a.email}
	rp := a.Client(storage.ClientMetadata{})
	for name, values := range map[string]func(storage.ID) []string{
		"one": func(id storage.ID) []string { return []string{"session", id.String()} }, "all": func(storage.ID) []string { return []string{"all", "1"} },
	} {
		victim, other := a.signedIn(rp), a.signedIn(rp)
		sessions, err := a.App.DB.SessionsOf(t.Context(), a.App.Tenant, a.person.ID)
		a.must(err)
		there := b.Browser()
		b.plant(there, "jedan-session", cookie(victim, a.URL, "jedan-session"))
		b.plant(there, "jedan-browser", cookie(victim, a.URL, "jedan-browser"))
		if got := b.silent(there, rp); got != "" {
			t.Fatalf("%s: not signed in on the other node: %q", name, got)
		}
		a.ends(other, values(sessions[len(sessions)-2].ID)...)
		b.Within(time.Second, name+": the session ends on the other node", func() bool { return b.silent(there, rp) == "login_required" })
	}
}

// The ledger says what an app may, since when and when it was last used; ending it ends its tokens.
func TestAccountLedger(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{ClientName: "Ledger App"})
	first := w.Client(storage.ClientMetadata{ClientName: "First Party", FirstParty: true})
	b := w.Browser()
	a := w.ok(w.Redeem(rp, b.Authorize(w.AuthURL(rp, "scope", "openid email offline_access", "prompt", "consent"), w.email).Get("code")))
	w.ok(w.Redeem(first, b.Authorize(w.AuthURL(first, "prompt", "login"), w.email).Get("code")))
	page := b.Get("/account/apps")
	for _, text := range []string{"Ledger App", "First Party", "See your email address", "Last used", "End access"} {
		if !strings.Contains(page.Body, text) {
			t.Errorf("no %q on the page", text)
		}
	}
	p := b.Post("/account/apps", url.Values{"csrf": formAt(b, "/account/apps"), "app": {rp.Client.ID.String()}})
	if p.Status != http.StatusOK || !p.HasID("apps-ended") || strings.Contains(p.Body, `id="app-`+rp.Client.ID.String()) {
		t.Fatalf("not ended: %d", p.Status)
	}
	w.dead(rp, a)
	if page := b.Get("/account/activity").Body; !strings.Contains(page, "You ended the access of Ledger App") || !strings.Contains(page, "You signed in") {
		t.Error("it is not among what happened")
	}
}

func formAt(b *testkit.Browser, path string) []string {
	_, form := b.Get(path).Form()
	return form["csrf"]
}

// PW22: from outside, too: what the profile page does not offer it does not take.
func TestPW22_OwnProfile(t *testing.T) {
	w := open(t)
	b := w.signedIn(w.Client(storage.ClientMetadata{}))
	before, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	for _, field := range []string{"email_verified", "phone_verified", "phone_number_verified", "roles", "groups", "tenant_id", "disabled", "state", "admin", "password_hash", "sub", "email", "username"} {
		if p := b.Get("/account/profile").Submit("name", "Eve", field, "true"); p.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", field, p.Status)
		}
	}
	after, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	if after.Version != before.Version || after.Subject != before.Subject || after.Admin || after.State != storage.PersonActive {
		t.Errorf("changed: %+v", after)
	}
	if p := b.Get("/account/profile").Submit("name", "Maria Changed"); p.Status != http.StatusOK || !p.HasID("profile-saved") || !strings.Contains(p.Body, "Maria Changed") {
		t.Errorf("an honest change: %d", p.Status)
	}
	evs, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: audit.UserUpdate, Actor: w.person.ID.String(), Limit: 50})
	w.must(err)
	if len(evs) != 14 {
		t.Errorf("%d events, want 13 refusals and a change", len(evs))
	}
}
