package modules

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (w *ldapWorld) sync(o federation.SyncOptions) *federation.SyncReport {
	w.t.Helper()
	report, err := w.App.Syncs.Run(w.t.Context(), "corp", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// signedThere is somebody who is signed in by the directory and has a refresh token.
type signedThere struct {
	b               *testkit.Browser
	access, refresh string
	person          *storage.Person
}

func (w *ldapWorld) signedThere(name string) signedThere {
	w.t.Helper()
	b := w.Browser()
	code := b.Get(w.AuthURL(w.rp, "scope", "openid offline_access", "prompt", "consent")).SignIn(name, there).Allow().Params().Get("code")
	tokens := w.Redeem(w.rp, code)
	out := signedThere{b: b, access: tokens.Text("access_token"), refresh: tokens.Text("refresh_token")}
	var err error
	out.person, err = w.App.DB.PersonBySubject(w.t.Context(), w.App.Tenant, w.Userinfo(out.access).Text("sub"))
	if err != nil || out.refresh == "" {
		w.t.Fatal(err, tokens.JSON)
	}
	return out
}

// ended wants that nothing of somebody counts any more.
func (w *ldapWorld) ended(s signedThere, name string) {
	w.t.Helper()
	if live := w.Introspect(w.rp, s.access).JSON["active"]; live != false {
		w.t.Errorf("%s: the access token counts", name)
	}
	if a := w.Refresh(w.rp, s.refresh); a.Text("error") != "invalid_grant" {
		w.t.Errorf("%s: the refresh token counts: %v", name, a.JSON)
	}
	if p := s.b.Get("/account"); p.HasID("menu") {
		w.t.Errorf("%s: the session counts", name)
	}
}

func (w *ldapWorld) lives(s signedThere, name string) {
	w.t.Helper()
	if live := w.Introspect(w.rp, s.access).JSON["active"]; live != true {
		w.t.Errorf("%s: the access token does not count", name)
	}
}

// TestLD07_Sync: who is disabled, expired, locked, must change the password or is gone loses sessions and grants with the next sync, and may come back.
func TestLD07_Sync(t *testing.T) {
	changes := map[string]struct{ off, on map[string][]string }{
		"disabled": {map[string][]string{"userAccountControl": {"514"}}, map[string][]string{"userAccountControl": {"512"}}},
		"expired":  {map[string][]string{"accountExpires": {fmt.Sprint(ldaptest.Filetime(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)))}}, map[string][]string{"accountExpires": {"0"}}},
		"locked":   {map[string][]string{"lockoutTime": {fmt.Sprint(ldaptest.Filetime(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))}}, map[string][]string{"lockoutTime": {"0"}}},
		"change":   {map[string][]string{"pwdLastSet": {"0"}}, map[string][]string{"pwdLastSet": {"1"}}},
	}
	w := newLDAP(t, ldaptest.Options{AD: true, Window: 30 * time.Minute}, nil)
	stays := entry(w.dir, "stays", nil)
	for name := range changes {
		entry(w.dir, name, nil)
	}
	first := w.signedThere("stays")
	if r := w.sync(federation.SyncOptions{}); !r.Full || r.New != 5 || r.Ended != 0 {
		t.Fatalf("%+v", r)
	}
	for name, change := range changes {
		dn := "cn=" + name + ",ou=people," + ldaptest.Base
		s := w.signedThere(name)
		w.dir.Change(dn, change.off)
		if r := w.sync(federation.SyncOptions{}); r.Full || r.Ended != 1 || r.Listed != 1 {
			t.Errorf("%s: %+v", name, r)
		}
		w.ended(s, name)
		if p := w.typed(w.Browser(), name, there); p.Location != nil {
			t.Errorf("%s signs in", name)
		}
		w.dir.Change(dn, change.on)
		if r := w.sync(federation.SyncOptions{}); r.Resumed != 1 {
			t.Errorf("%s does not come back: %+v", name, r)
		}
		if again := w.signedThere(name); again.person.ID != s.person.ID {
			t.Errorf("%s comes back as somebody else", name)
		}
	}
	if r := w.sync(federation.SyncOptions{}); r.Full || r.Listed != 0 {
		t.Errorf("nothing has changed: %+v", r)
	}
	w.lives(first, "stays")
	w.dir.Delete(stays)
	if r := w.sync(federation.SyncOptions{}); r.Ended != 1 {
		t.Errorf("a tombstone: %+v", r)
	}
	w.ended(first, "stays")
	for _, kind := range []string{"link.suspend", "link.resume", "connector.sync"} {
		events, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: kind, Limit: 100})
		if err != nil || len(events) == 0 {
			t.Error(kind, len(events), err)
		}
	}
}

// TestLD07_ByItself: the server does it without being told to, and time passes for accounts that end.
func TestLD07_ByItself(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{AD: true, Hidden: true}, nil)
	dn := entry(w.dir, "alice", nil)
	entry(w.dir, "bob", map[string][]string{"accountExpires": {fmt.Sprint(ldaptest.Filetime(w.Clock.Now().Add(time.Hour)))}})
	due := func() {
		t.Helper()
		w.Clock.Advance(31 * time.Second)
		if err := w.App.Syncs.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	due()
	alice, bob := w.signedThere("alice"), w.signedThere("bob")
	w.dir.Delete(dn) // our account may not see tombstones
	due()
	w.ended(alice, "alice")
	w.lives(bob, "bob")
	w.Clock.Advance(time.Hour)
	due()
	w.ended(bob, "bob")
}

// TestLD07_Mass: what would end more than one in ten is asked about first, and ends nobody until then.
func TestLD07_Mass(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newLDAP(t, ldaptest.Options{AD: ad}, nil)
		for i := range 40 {
			entry(w.dir, fmt.Sprint("p", i), nil)
		}
		s := w.signedThere("p3")
		w.sync(federation.SyncOptions{})
		for i := range 5 {
			w.dir.Delete(fmt.Sprintf("cn=p%d,ou=people,%s", i, ldaptest.Base))
		}
		r := w.sync(federation.SyncOptions{Full: true})
		if !r.Asks || r.Ending != 5 || r.On != 40 || r.Ended != 0 {
			t.Fatalf("%+v", r)
		}
		w.lives(s, "p3")
		if r = w.sync(federation.SyncOptions{}); !r.Asks || r.Listed != 0 {
			t.Errorf("it does not wait: %+v", r)
		}
		if r = w.sync(federation.SyncOptions{AllowMass: true}); r.Asks || r.Ended != 1 {
			t.Errorf("%+v", r)
		}
		w.ended(s, "p3")
		if r = w.sync(federation.SyncOptions{Full: true}); r.Asks || r.Ended != 0 || r.New != 0 || r.Changed != 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestLD07_OtherController: another domain controller counts otherwise: everybody is compared.
func TestLD07_OtherController(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{AD: true}, nil)
	dn := entry(w.dir, "alice", nil)
	for i := range 20 {
		entry(w.dir, fmt.Sprint("p", i), nil)
	}
	s := w.signedThere("alice")
	w.sync(federation.SyncOptions{})
	w.dir.Delete(dn)
	w.dir.Set(func(o *ldaptest.Options) { o.Invocation, o.Hidden = "dc-2", true })
	if r := w.sync(federation.SyncOptions{}); !r.Full || r.Ended != 1 {
		t.Errorf("%+v", r)
	}
	w.ended(s, "alice")
}

// TestLD07_Away: a directory that does not answer ends nobody, nor does one that answers by half.
func TestLD07_Away(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, func(d *federation.Draft) { configure(d, "page_size", 10) })
	for i := range 30 {
		entry(w.dir, fmt.Sprint("p", i), nil)
	}
	s := w.signedThere("p29")
	w.sync(federation.SyncOptions{})
	w.dir.Stop()
	if _, err := w.App.Syncs.Run(t.Context(), "corp", federation.SyncOptions{Full: true}); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	w.lives(s, "p29")
	if p := w.typed(w.Browser(), "p29", there); p.Status != http.StatusServiceUnavailable {
		t.Errorf("status %d", p.Status)
	}
}

// TestLD07_OtherWays: who has a password here too, or looks after the server, keeps the account and loses the sessions.
func TestLD07_OtherWays(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{AD: true}, nil)
	dn := entry(w.dir, "alice", nil)
	s := w.signedThere("alice")
	w.sync(federation.SyncOptions{})
	admin := true
	if _, err := w.App.Directory.Update(t.Context(), w.App.Tenant, s.person.ID, directory.UpdatePerson{Admin: &admin}, operator()); err != nil {
		t.Fatal(err)
	}
	w.dir.Change(dn, map[string][]string{"userAccountControl": {"514"}})
	w.sync(federation.SyncOptions{})
	w.ended(s, "alice")
	p, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, s.person.ID)
	if err != nil || p.State != storage.PersonActive {
		t.Error(p, err)
	}
	var kept bytes.Buffer
	if err := w.App.ExportPerson(t.Context(), &kept, p.ID, operator()); err != nil || !strings.Contains(kept.String(), `"attributes":{"email":"alice@corp.example"`) {
		t.Errorf("what the sync keeps of somebody is not in their download: %v\n%s", err, kept.String()[max(0, strings.Index(kept.String(), "directory_entries")):])
	}
	if err := w.App.ErasePerson(t.Context(), p.ID, operator()); err != nil {
		t.Error(err)
	}
	if r := w.sync(federation.SyncOptions{Full: true}); r.New != 1 {
		t.Errorf("what the sync kept of somebody was not erased: %+v", r)
	}
}
