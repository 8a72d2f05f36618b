package session

import (
	"net/http/httptest"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// beside are the people who are signed in beside the current one.
func (w *world) beside(b browser) (out []storage.ID) {
	w.t.Helper()
	others, err := w.Others(w.t.Context(), b.request(w.t), w.tenant())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range others {
		out = append(out, o.Person.ID)
	}
	return out
}

func (w *world) leave(b browser, cur *Current) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	if err := w.SignOut(w.t.Context(), rec, b.request(w.t), cur, "account"); err != nil {
		w.t.Fatal(err)
	}
	b.take(rec)
}

// Several people in one browser: each is signed in, one is current, and each leaves alone.
func TestSeveralAccounts(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		ann, bob := w.person(w.tenant()), w.person(w.tenant())
		b := browser{}
		maria := w.signIn(b, w.maria, SignIn{})
		w.signIn(b, ann, SignIn{Beside: true})
		third := w.signIn(b, bob, SignIn{Beside: true})
		if got := w.beside(b); len(got) != 2 || got[0] != ann.ID || got[1] != w.maria.ID || w.who(w.Manager, b).Person.ID != bob.ID {
			t.Fatalf("%v", got)
		}
		rec := httptest.NewRecorder()
		cur, err := w.Switch(t.Context(), rec, b.request(t), w.tenant(), maria.Session.ID)
		if err != nil || cur.Person.ID != w.maria.ID {
			t.Fatalf("%v %v", cur, err)
		}
		b.take(rec)
		if got := w.beside(b); w.who(w.Manager, b).Person.ID != w.maria.ID || len(got) != 2 || got[0] != bob.ID {
			t.Errorf("%v", got)
		}
		w.leave(b, third) // another than the current one
		if got := w.beside(b); len(got) != 1 || got[0] != ann.ID || w.who(w.Manager, b).Person.ID != w.maria.ID {
			t.Errorf("%v", got)
		}
		w.leave(b, w.who(w.Manager, b))
		if w.who(w.Manager, b) != nil || len(w.beside(b)) != 1 {
			t.Error("somebody is signed in whom nobody chose")
		}
		again := w.signIn(b, ann, SignIn{Beside: true})
		if len(w.beside(b)) != 0 || w.who(w.Manager, b).Session.ID != again.Session.ID {
			t.Error("two sessions of one person in one browser")
		}
		w.leave(b, again)
		if b[sessionName] != "" {
			t.Error("an empty cookie stays")
		}
	})
}

// Nobody is switched to whom the cookie does not name, or whose session has ended.
func TestSwitchOnlyToWhoIsHere(t *testing.T) {
	w := newWorld(t, false)
	ann := w.person(w.tenant())
	b, elsewhere := browser{}, browser{}
	w.signIn(b, w.maria, SignIn{})
	foreign := w.signIn(elsewhere, ann, SignIn{})
	for name, id := range map[string]storage.ID{"another browser's": foreign.Session.ID, "none": {}} {
		if cur, err := w.Switch(t.Context(), httptest.NewRecorder(), b.request(t), w.tenant(), id); cur != nil || !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v %v", name, cur, err)
		}
	}
	ended := w.signIn(b, ann, SignIn{Beside: true})
	w.signIn(b, w.maria, SignIn{Beside: true})
	kept := browser{sessionName: b[sessionName]}
	w.leave(b, ended)
	if cur, err := w.Switch(t.Context(), httptest.NewRecorder(), kept.request(t), w.tenant(), ended.Session.ID); cur != nil || !errs.Is(err, errs.NotFound) {
		t.Errorf("an ended session: %v %v", cur, err)
	}
	if len(w.beside(kept)) != 0 {
		t.Error("an ended session is among the accounts")
	}
}

// The cookie is bounded: the session that was used longest ago ends when a browser is full.
func TestAccountsAreBounded(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	first := w.signIn(b, w.maria, SignIn{})
	old := browser{sessionName: b[sessionName]}
	for range most {
		w.signIn(b, w.person(w.tenant()), SignIn{Beside: true})
	}
	if got := w.beside(b); len(got) != most-1 || len(b[sessionName]) > maxCookie {
		t.Errorf("%d others, a cookie of %d", len(got), len(b[sessionName]))
	}
	if w.who(w.Manager, old) != nil {
		t.Errorf("the session %v lives on where nobody sees it", first.Session.ID)
	}
}
