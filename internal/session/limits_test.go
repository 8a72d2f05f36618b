package session

import (
	"errors"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// SE08: both limits hold, also in a process that has just started and one that has not heard of the session's use elsewhere.
func TestLimits(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		c := Config{Idle: time.Hour, Absolute: 3 * time.Hour}
		a, other := w.manager(c), w.manager(c)
		w.Manager = a
		b := browser{}
		w.signIn(b, w.maria, SignIn{})
		begun := w.now
		if w.who(other, b) == nil {
			t.Fatal("unknown elsewhere")
		}
		for _, minutes := range []time.Duration{59, 118, 177} {
			w.now = begun.Add(minutes * time.Minute)
			if w.who(a, b) == nil {
				t.Fatalf("ended after %d minutes", minutes)
			}
		}
		if w.who(other, b) == nil {
			t.Error("another node does not know that the session was used")
		}
		if w.who(w.manager(c), b) == nil {
			t.Error("a restart ends the session")
		}
		w.now = begun.Add(3 * time.Hour)
		if w.who(a, b) != nil || w.who(w.manager(c), b) != nil {
			t.Error("the absolute limit does not hold")
		}
		w.now = begun
		w.signIn(b, w.maria, SignIn{})
		w.now = begun.Add(time.Hour)
		if w.who(a, b) != nil || w.who(w.manager(c), b) != nil {
			t.Error("the idle limit does not hold")
		}
		w.now = begun.Add(-time.Hour) // RL11: a clock set back neither ends nor prolongs
		if w.who(a, b) == nil {
			t.Error("a clock set back ends the session")
		}
	})
}

func TestUseIsWrittenOnceAMinute(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		b := browser{}
		w.signIn(b, w.maria, SignIn{})
		for range 180 {
			w.now = w.now.Add(time.Second)
			if w.who(w.Manager, b) == nil {
				t.Fatal("ended")
			}
		}
		if w.store.touches != 3 {
			t.Errorf("%d writes in three minutes", w.store.touches)
		}
		w.now = w.now.Add(time.Minute)
		w.store.mu.Lock()
		w.store.touches = 0
		w.store.mu.Unlock()
		if cur := w.who(w.Manager, b); cur == nil || !cur.Session.LastSeenAt.Equal(w.now) || w.store.touches != 1 {
			t.Errorf("%+v, %d writes", cur, w.store.touches)
		}
	})
}

func TestConfigValidate(t *testing.T) {
	if err := (Config{}).Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Config{{Idle: time.Minute}, {Idle: -1}, {Absolute: time.Hour}, {Absolute: -1}, {Absolute: 401 * 24 * time.Hour}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: valid", bad)
		}
	}
}

func TestUnwrittenUseIsNoFailure(t *testing.T) {
	w := newWorld(t, true)
	b := browser{}
	w.signIn(b, w.maria, SignIn{})
	w.who(w.Manager, b)
	w.now = w.now.Add(2 * time.Minute)
	w.store.down = errors.New("read-only")
	if w.who(w.Manager, b) == nil {
		t.Error("a session ends because its use cannot be written")
	}
}

func TestCacheSavesReadsAndCopies(t *testing.T) {
	w := newWorld(t, true)
	b := browser{}
	w.signIn(b, w.maria, SignIn{AMR: []string{"pwd"}})
	w.who(w.Manager, b)
	w.store.reads = 0
	cur := w.who(w.Manager, b)
	cur.Session.AMR[0], cur.Session.ACR, cur.Person.Admin = "spoilt", "spoilt", true
	if again := w.who(w.Manager, b); again.Session.AMR[0] != "pwd" || again.Session.ACR != "" || again.Person.Admin {
		t.Error("a caller's change is seen by the next")
	}
	if w.store.reads != 0 {
		t.Errorf("%d reads", w.store.reads)
	}
	w.store.publish(storage.ChangeSession, nil)
	w.store.publish(storage.ChangePerson, nil)
	w.who(w.Manager, b)
	if w.store.reads != 2 {
		t.Errorf("%d reads after all was dropped", w.store.reads)
	}
}
