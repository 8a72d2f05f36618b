package session

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

func bothWays(t *testing.T, run func(t *testing.T, w *world)) {
	t.Run("cached", func(t *testing.T) { run(t, newWorld(t, true)) })
	t.Run("uncached", func(t *testing.T) { run(t, newWorld(t, false)) })
}

func TestSignInAndOut(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		b := browser{}
		if w.who(w.Manager, b) != nil {
			t.Fatal("signed in without a cookie")
		}
		made := w.signIn(b, w.maria, SignIn{ACR: "1", AMR: []string{"pwd"}, Kind: "password"})
		cur := w.who(w.Manager, b)
		if cur == nil || cur.Session.ID != made.Session.ID || cur.Person.ID != w.maria.ID || cur.Session.ACR != "1" || !cur.Session.AMR.Has("pwd") {
			t.Fatalf("%+v", cur)
		}
		if !cur.Session.AuthTime.Equal(w.now) || !cur.Session.ExpiresAt.Equal(w.now.Add(DefaultAbsolute)) {
			t.Errorf("%+v", cur.Session)
		}
		kept := b[sessionName]
		rec := httptest.NewRecorder()
		if err := w.SignOut(t.Context(), rec, b.request(t), cur, "logout"); err != nil {
			t.Fatal(err)
		}
		b.take(rec)
		if b[sessionName] != "" {
			t.Error("the cookie stays")
		}
		b[sessionName] = kept
		if w.who(w.Manager, b) != nil || w.who(w.manager(Config{}), b) != nil { // SE07
			t.Error("the session outlives its end")
		}
		if err := w.SignOut(t.Context(), httptest.NewRecorder(), b.request(t), nil, "logout"); err != nil {
			t.Error(err)
		}
	})
}

// SE06: what the browser is told.
func TestCookieAttributes(t *testing.T) {
	w := newWorld(t, false)
	rec, r := httptest.NewRecorder(), browser{}.request(t)
	if _, err := w.SignIn(t.Context(), rec, r, w.tenant(), w.maria, SignIn{}); err != nil {
		t.Fatal(err)
	}
	w.Browser(rec, r)
	found := rec.Result().Cookies()
	if len(found) != 2 {
		t.Fatalf("%d cookies", len(found))
	}
	for _, c := range found {
		if !strings.HasPrefix(c.Name, "__Host-jedan-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%+v", c)
		}
	}
	if found[0].MaxAge != 0 || found[1].MaxAge != int(browserLife/time.Second) {
		t.Error("wrong lives")
	}
}

// SE06: two cookies of one name say nothing.
func TestAmbiguousCookieIsNobody(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	w.signIn(b, w.maria, SignIn{})
	r := b.request(t)
	r.AddCookie(&http.Cookie{Name: sessionName, Value: b[sessionName]})
	if cur, err := w.Current(t.Context(), r, w.tenant()); cur != nil || err != nil {
		t.Errorf("%v %v", cur, err)
	}
}

// SE01: a new id at every sign-in, and the old one is dead, whether or not the caller knew of it; beside others the person's own.
func TestEverySignInRotates(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		other := w.person(w.tenant())
		b := browser{}
		first := w.signIn(b, w.maria, SignIn{})
		old := browser{sessionName: b[sessionName]}
		second := w.signIn(b, w.maria, SignIn{Replaces: w.who(w.Manager, b)})
		if first.Session.ID == second.Session.ID || b[sessionName] == old[sessionName] || w.who(w.Manager, old) != nil {
			t.Error("the old session lives")
		}
		older := browser{sessionName: b[sessionName]}
		w.signIn(b, other, SignIn{Beside: true})
		if w.who(w.Manager, b).Person.ID != other.ID {
			t.Error("somebody else is signed in")
		}
		w.signIn(b, w.maria, SignIn{}) // also when another was current meanwhile
		if w.who(w.Manager, older) != nil || w.who(w.Manager, b).Person.ID != w.maria.ID {
			t.Error("the old session lives")
		}
		planted := browser{sessionName: b[sessionName]} // nobody chose to be beside who is there
		w.signIn(b, other, SignIn{})
		if w.who(w.Manager, b).Person.ID != other.ID || w.who(w.Manager, planted) == nil {
			t.Error("the session of who signs in is not the one that ends")
		}
		third := w.person(w.tenant())
		planted = browser{sessionName: b[sessionName]}
		w.signIn(b, third, SignIn{})
		if w.who(w.Manager, planted) != nil || w.who(w.Manager, b).Person.ID != third.ID {
			t.Error("the old session lives")
		}
	})
}

func TestSignInIgnoresAPlantedCookie(t *testing.T) {
	w := newWorld(t, false)
	b := browser{sessionName: "planted"}
	w.signIn(b, w.maria, SignIn{})
	if b[sessionName] == "planted" || w.who(w.Manager, b) == nil {
		t.Error("fixed")
	}
}

// A forged cookie dies before the database; so do those of another kind, tenant or keyring.
func TestForgedCookiesDoNotReachTheDatabase(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	cur := w.signIn(b, w.maria, SignIn{})
	raw, err := base64.RawURLEncoding.DecodeString(b[sessionName])
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		"", "x", strings.Repeat("A", 4096), b[sessionName] + "A", b[sessionName][1:], cur.Session.ID.String(),
		w.sign(kindBrowser, w.tenant(), cur.Session.ID[:]), w.sign(kindSession, storage.NewID(w.now), cur.Session.ID[:]),
		w.sign(kindSession, w.tenant(), cur.Session.ID[1:]), newWorld(t, false).sign(kindSession, w.tenant(), cur.Session.ID[:]),
	}
	for i := range raw {
		bent := bytes.Clone(raw)
		bent[i] ^= 4
		bad = append(bad, base64.RawURLEncoding.EncodeToString(bent))
	}
	w.store.reads = 0
	for _, value := range bad {
		if w.who(w.Manager, browser{sessionName: value}) != nil {
			t.Errorf("%q is somebody", value)
		}
	}
	r := b.request(t)
	if cur, err := w.Current(t.Context(), r, storage.NewID(w.now)); cur != nil || err != nil {
		t.Error("signed in at another tenant")
	}
	if w.store.reads != 0 {
		t.Errorf("%d reads", w.store.reads)
	}
}

// SE07 and RL26: a person who may no longer sign in is nobody at once.
func TestInactivePersonIsNobody(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		for _, state := range []storage.PersonState{storage.PersonLocked, storage.PersonDisabled, ""} {
			b := browser{}
			w.signIn(b, w.maria, SignIn{})
			if w.who(w.Manager, b) == nil {
				t.Fatal("not signed in")
			}
			p := *w.maria
			p.State = state
			w.store.setPerson(p)
			if w.who(w.Manager, b) != nil {
				t.Errorf("%q: still signed in", state)
			}
			if _, err := w.SignIn(t.Context(), httptest.NewRecorder(), b.request(t), w.tenant(), &p, SignIn{}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%q: %v", state, err)
			}
			w.store.setPerson(*w.maria)
		}
	})
}

// A sign-in whose password was changed, or whose person was locked or erased, while it was being checked leaves no session.
func TestSignInLosesAgainstAPasswordChange(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"password": func(w *world) {
			p, at := *w.maria, w.now
			p.PasswordChangedAt = &at
			w.store.setPerson(p)
		},
		"lock": func(w *world) {
			p := *w.maria
			p.State = storage.PersonLocked
			w.store.setPerson(p)
		},
		"erased": func(w *world) { delete(w.store.people, w.maria.ID) },
	} {
		w := newWorld(t, true)
		w.store.inserted = func() { change(w) }
		rec := httptest.NewRecorder()
		cur, err := w.SignIn(t.Context(), rec, browser{}.request(t), w.tenant(), w.maria, SignIn{})
		if cur != nil || !errs.Is(err, errs.Forbidden) || len(rec.Result().Cookies()) != 0 {
			t.Errorf("%s: %v %v", name, cur, err)
		}
		for _, s := range w.store.sessions {
			if s.RevokedAt == nil {
				t.Errorf("%s: a session is left", name)
			}
		}
	}
}

func TestSignInWantsItsTenant(t *testing.T) {
	w := newWorld(t, false)
	foreign := w.person(storage.NewID(w.now))
	for _, tenant := range []storage.ID{w.tenant(), foreign.Tenant} {
		if _, err := w.SignIn(t.Context(), httptest.NewRecorder(), browser{}.request(t), tenant, foreign, SignIn{}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%v", err)
		}
	}
}

// A database that is away is an error, not nobody: the caller answers 503 and no cookie changes.
func TestDatabaseAway(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	cur := w.signIn(b, w.maria, SignIn{})
	w.store.down = errs.New(errs.Unavailable, "")
	if cur, err := w.Current(t.Context(), b.request(t), w.tenant()); cur != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v %v", cur, err)
	}
	rec := httptest.NewRecorder()
	if err := w.SignOut(t.Context(), rec, b.request(t), cur, "logout"); !errs.Is(err, errs.Unavailable) || len(rec.Result().Cookies()) != 0 {
		t.Errorf("signed out without a database: %v", err)
	}
	if _, err := w.SignIn(t.Context(), rec, b.request(t), w.tenant(), w.maria, SignIn{}); !errs.Is(err, errs.Unavailable) || len(rec.Result().Cookies()) != 0 {
		t.Errorf("signed in without a database: %v", err)
	}
}

// PW25: the device is sealed, the events carry ids.
func TestWhatIsStored(t *testing.T) {
	w := newWorld(t, false)
	cur := w.signIn(browser{}, w.maria, SignIn{Kind: "password"})
	raw, err := w.ring.Open(deviceAt(cur.Session), cur.Session.Device)
	if err != nil || !strings.Contains(string(raw), "canary-agent") {
		t.Errorf("%s %v", raw, err)
	}
	ev := w.store.events[0]
	if ev.Type != "user.login" || ev.Actor != w.maria.ID.String() || ev.Target != "session:"+cur.Session.ID.String() || ev.Outcome != "success" {
		t.Errorf("%+v", ev)
	}
}

func TestCookiesSurviveAKeyRotation(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	w.signIn(b, w.maria, SignIn{})
	if _, err := w.ring.RotateDataKey(t.Context(), keys.Sessions); err != nil {
		t.Fatal(err)
	}
	if w.who(w.Manager, b) == nil {
		t.Error("rotation signs out")
	}
}
