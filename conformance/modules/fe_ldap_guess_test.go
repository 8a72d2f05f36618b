package modules

import (
	"fmt"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestPW04_DirectoryNames: strangers who burn the attempts of somebody whom a directory knows, there and here, keep them out of no browser that they have used.
func TestPW04_DirectoryNames(t *testing.T) {
	for _, ad := range []bool{false, true} {
		w := newLDAP(t, ldaptest.Options{AD: ad, Window: 30 * time.Minute, Threshold: 5}, nil)
		dn := entry(w.dir, "alice", nil)
		own, stranger := w.Browser(), w.Browser()
		subject := w.subject(w.typed(own, "alice", there))
		for range 8 {
			if p := w.typed(stranger, "alice", "wrong"); p.Location != nil {
				t.Fatal("a wrong password signs in")
			}
		}
		if p := w.typed(stranger, "alice", there); p.Location != nil {
			t.Error("a stranger has tries without end")
		}
		if p := w.anew(own, "ALICE", there); p.Location == nil || w.subject(p) != subject {
			t.Error("the owner is kept out of their own browser")
		}
		for range 11 {
			w.anew(own, "alice", "wrong")
		}
		if tried := w.binds(dn); tried > 10 {
			t.Errorf("%d passwords reached the directory", tried)
		}
	}
}

// TestPW04_DirectoryNameAfterTwoSteps: a browser in which the second step came after the directory's word knows the name as well.
func TestPW04_DirectoryNameAfterTwoSteps(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, nil)
	entry(w.dir, "alice", nil)
	first, own, stranger := w.Browser(), w.Browser(), w.Browser()
	subject := w.subject(w.typed(first, "alice", there))
	app := first.AddApp()
	if p := w.typed(own, "alice", there).Submit("code", app.Next()); w.subject(p) != subject {
		t.Fatal("somebody else")
	}
	for range 8 {
		w.typed(stranger, "alice", "wrong")
	}
	if p := w.anew(own, "alice", there); !p.HasID("mfa-code") {
		t.Errorf("the owner is kept out of their own browser: %d on %s", p.Status, p.URL.Path)
	}
}

// TestPW04_ManyOfOneAddress: people of a directory who have used their browsers do not share an address's attempts with strangers.
func TestPW04_ManyOfOneAddress(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, nil)
	entry(w.dir, "alice", nil)
	own, stranger := w.Browser(), w.Browser()
	w.subject(w.typed(own, "alice", there))
	entry(w.dir, "bob", nil)
	for i := range 40 {
		w.typed(stranger, fmt.Sprint("nobody", i), fmt.Sprint("guess ", i))
	}
	if p := w.typed(stranger, "bob", there); p.Location != nil {
		t.Fatalf("the address has attempts without end: %d", p.Status)
	}
	if p := w.anew(own, "alice", there); p.Location == nil {
		t.Errorf("the owner waits for strangers: %d", p.Status)
	}
}

// binds is how many passwords of an entry were tried.
func (w *ldapWorld) binds(dn string) (n int) {
	for _, h := range w.dir.PersonBinds() {
		if h.DN == dn {
			n++
		}
	}
	return n
}

// anew is typed for a browser in which somebody is signed in.
func (w *ldapWorld) anew(b *testkit.Browser, name, password string) *testkit.Page {
	w.t.Helper()
	return b.Get(w.AuthURL(w.rp, "prompt", "login")).SignIn(name, password)
}

// TestPW04_NamesakeOfADirectory: a browser that knows an account here without a password knows nobody of a directory by the same name: it has a stranger's tries.
func TestPW04_NamesakeOfADirectory(t *testing.T) {
	w := newLDAP(t, ldaptest.Options{}, nil)
	local := w.Person("carol@example.org")
	_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, local.ID, directory.UpdatePerson{Claims: directory.Claims{"username": "carol"}}, operator())
	w.must(err)
	b := w.Browser()
	if got := w.subject(w.typed(b, "carol", testkit.Password)); got != local.Subject {
		t.Fatal("somebody else")
	}
	w.must(w.App.Directory.SetPassword(t.Context(), w.App.Tenant, local.ID, "", storage.ID{}, operator()))
	dn := entry(w.dir, "carol", nil)
	for range 8 {
		b.Get(w.AuthURL(w.rp, "prompt", "login")).SignIn("carol", "wrong")
	}
	if tried := w.binds(dn); tried != 3 {
		t.Errorf("%d tries of a namesake reached the directory", tried)
	}
}
