package session

import (
	"net/http/httptest"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

const watchedName = "__Host-jedan-op"

func (w *world) look(m *Manager, b browser, cur *Current) string {
	w.t.Helper()
	rec, r := httptest.NewRecorder(), b.request(w.t)
	value := m.Watched(r.Context(), rec, r, cur)
	b.take(rec)
	return value
}

// TestWatched: the cookie is one for each session, survives a rotation of keys, is put right when it is wrong, and goes with the session.
func TestWatched(t *testing.T) {
	w := newWorld(t, false)
	b := browser{}
	cur := w.signIn(b, w.maria, SignIn{})
	if b[watchedName] != "" || w.look(w.Manager, b, cur) != "" {
		t.Error("sessions are watched although nobody wants it")
	}
	m := New(w.d, Config{Watched: true})
	first := w.look(m, b, cur)
	if first == "" || b[watchedName] != first || w.look(m, b, cur) != first {
		t.Errorf("%q, cookie %q", first, b[watchedName])
	}
	if _, err := w.ring.RotateDataKey(t.Context(), keys.Sessions); err != nil {
		t.Fatal(err)
	}
	if w.look(m, b, cur) != first {
		t.Error("a rotation of keys changes what stands")
	}
	other := *cur.Session
	other.ID = storage.NewID(w.now)
	for _, wrong := range []string{"x", first + "A", first[:20], m.sign(kindSession, w.tenant(), nil), m.watched(other.ID)} {
		b[watchedName] = wrong
		if got := w.look(m, b, cur); got == wrong || got == "" || b[watchedName] != got {
			t.Errorf("%q stays", wrong)
		}
	}
	if w.look(m, b, nil) != "" || b[watchedName] != "" || w.look(m, b, nil) != "" {
		t.Error("the cookie outlives the session")
	}
	in := browser{}
	rec, r := httptest.NewRecorder(), in.request(t)
	cur, err := m.SignIn(r.Context(), rec, r, w.tenant(), w.maria, SignIn{})
	in.take(rec)
	if err != nil || in[watchedName] == "" || in[watchedName] != w.look(m, in, cur) {
		t.Errorf("signed in with %v, %v", in, err)
	}
	rec, r = httptest.NewRecorder(), in.request(t)
	if err := m.SignOut(r.Context(), rec, r, cur, "logout"); err != nil {
		t.Error(err)
	}
	if in.take(rec); in[watchedName] != "" {
		t.Errorf("signed out with %v", in)
	}
}
