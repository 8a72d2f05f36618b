package session

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

const browserName = "__Host-jedan-browser"

func (w *world) visit(b browser) Browser {
	rec := httptest.NewRecorder()
	got := w.Browser(rec, b.request(w.t))
	b.take(rec)
	return got
}

func (w *world) remember(b browser, person storage.ID) {
	rec := httptest.NewRecorder()
	w.Remember(rec, b.request(w.t), person, storage.ID{})
	b.take(rec)
}

// A name stands beside its person and says nothing without the key: another tenant, server or browser has another.
func TestRememberedNames(t *testing.T) {
	w, elsewhere := newWorld(t, false), newWorld(t, false)
	b, other := browser{}, browser{}
	name := w.Name("alice")
	if name != w.Name("alice") || name == w.Name("alicf") || name == elsewhere.Name("alice") {
		t.Fatal("a name is not one value")
	}
	rec := httptest.NewRecorder()
	w.Remember(rec, b.request(t), w.maria.ID, name)
	b.take(rec)
	w.remember(b, storage.NewID(w.now))
	w.remember(other, w.maria.ID)
	if !w.Knows(b.request(t), name) || !w.Knows(b.request(t), w.maria.ID) || w.Knows(other.request(t), name) || w.Knows(b.request(t), w.Name("bob")) {
		t.Error("the wrong names are known")
	}
}

func TestBrowserKeepsItsID(t *testing.T) {
	w := newWorld(t, false)
	b, other := browser{}, browser{}
	first := w.visit(b)
	if first.ID == [16]byte{} || w.visit(other).ID == first.ID {
		t.Fatal("ids are not random")
	}
	rec := httptest.NewRecorder()
	if w.Browser(rec, b.request(t)) != first || len(rec.Result().Cookies()) != 0 {
		t.Error("a known browser gets a new cookie")
	}
	w.remember(b, w.maria.ID)
	if w.visit(b) != first {
		t.Error("remembering a person changes the browser: flows in other tabs die")
	}
	for _, bad := range []string{"x", other[browserName][:20], w.sign(kindSession, w.tenant(), first.ID[:]), w.sign(kindBrowser, w.tenant(), make([]byte, 16)),
		w.sign(kindBrowser, w.tenant(), first.ID[1:]), w.sign(kindBrowser, storage.NewID(w.now), first.ID[:])} {
		if w.visit(browser{browserName: bad}) == first {
			t.Errorf("%q is this browser", bad)
		}
	}
}

// A browser knows the last eight people, for 180 days, and nobody learns from the cookie who they are.
func TestRememberedPeople(t *testing.T) {
	w := newWorld(t, false)
	b, other := browser{}, browser{}
	if w.Knows(b.request(t), w.maria.ID) {
		t.Fatal("a new browser knows somebody")
	}
	w.remember(b, w.maria.ID)
	w.remember(b, w.maria.ID)
	w.visit(other)
	if !w.Knows(b.request(t), w.maria.ID) || w.Knows(b.request(t), storage.NewID(w.now)) || w.Knows(other.request(t), w.maria.ID) {
		t.Error("the wrong people are known")
	}
	var ids []storage.ID
	for range maxRemembered {
		ids = append(ids, storage.NewID(w.now))
		w.remember(b, ids[len(ids)-1])
	}
	if w.Knows(b.request(t), w.maria.ID) {
		t.Error("more than eight are known")
	}
	for _, id := range ids {
		if !w.Knows(b.request(t), id) {
			t.Error("one of the last eight is forgotten")
		}
	}
	w.remember(b, ids[0]) // now the newest
	w.remember(b, w.maria.ID)
	if !w.Knows(b.request(t), ids[0]) || w.Knows(b.request(t), ids[1]) {
		t.Error("the wrong one was forgotten")
	}
	if n := len(b[browserName]); n > 300 {
		t.Errorf("the cookie has %d characters", n)
	}
}

func TestMemoryFades(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	w.remember(b, w.maria.ID)
	begun := w.now
	for days, want := range map[time.Duration]bool{0: true, 180: true, 181: false, 2000: false, -1: true, -2: false} {
		w.now = begun.Add(days * 24 * time.Hour)
		if w.Knows(b.request(t), w.maria.ID) != want {
			t.Errorf("after %d days: want %v", days, want)
		}
	}
	w.now = begun.Add(181 * 24 * time.Hour)
	w.remember(b, storage.NewID(w.now))
	w.now = begun
	if w.Knows(b.request(t), w.maria.ID) {
		t.Error("the faded are kept in the cookie")
	}
}

func TestBrowserSurvivesAKeyRotation(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	w.remember(b, w.maria.ID)
	first := w.visit(b)
	if _, err := w.ring.RotateDataKey(t.Context(), keys.Sessions); err != nil {
		t.Fatal(err)
	}
	if w.visit(b) != first || !w.Knows(b.request(t), w.maria.ID) {
		t.Error("rotation makes a new browser")
	}
}

// FuzzCookie sends foreign values as both cookies: none is somebody, none is a known browser, nothing panics.
func FuzzCookie(f *testing.F) {
	w := newWorld(f, false)
	f.Add("")
	f.Add(w.sign("another kind", w.tenant(), w.maria.ID[:]))
	f.Fuzz(func(t *testing.T, value string) {
		if body, ok := w.verify(kindSession, w.tenant(), value); ok {
			t.Fatalf("verified %x", body)
		}
		if c, ok := parseCookie(value); ok && w.sign(kindBrowser, c.tenant, c.body) == value {
			t.Fatal("a foreign value is what we would have signed")
		}
		if mem, ok := decodeMemory([]byte(value)); ok && len(mem.people) > maxRemembered {
			t.Fatal("more people than there may be")
		}
	})
}
