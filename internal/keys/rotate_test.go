package keys

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestRotation follows two nodes through a key's life: published ahead, signing, retired and published, gone.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	a, b := w.node(t, quick), w.node(t, quick)
	tick := func(s *Set) {
		t.Helper()
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sign := func(s *Set) string {
		t.Helper()
		token, err := s.Sign(ES256, "at+jwt", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := kidOf(t, sign(a))
	w.clock.Add(23*time.Hour - time.Second)
	tick(a)
	if len(kids(t, a)) != 1 {
		t.Fatal("rotated early")
	}
	w.clock.Add(time.Second)
	tick(a)
	tick(b)
	if len(w.store.rows) != 2 || len(kids(t, b)) != 2 || kidOf(t, sign(a)) != first || kids(t, a)[0] != first {
		t.Fatalf("%d rows, published %v", len(w.store.rows), kids(t, b))
	}
	w.clock.Add(time.Hour - time.Second)
	last := sign(a)
	if kidOf(t, last) != first {
		t.Fatal("the new key signs early")
	}
	w.clock.Add(time.Second)
	fresh := sign(a)
	if kidOf(t, fresh) == first {
		t.Fatal("the old key still signs")
	}
	if _, _, err := b.Verify(fresh, []string{ES256}, "at+jwt"); err != nil {
		t.Errorf("the other node: %v", err)
	}
	w.clock.Add(quick.TokenLifetimeMax)
	tick(a)
	if _, _, err := a.Verify(last, []string{ES256}, ""); err != nil || len(kids(t, a)) != 2 || kids(t, a)[1] != first {
		t.Errorf("the last token of the old key no longer verifies: %v", err)
	}
	w.clock.Add(quick.PublishAhead)
	if _, _, err := a.Verify(last, []string{ES256}, ""); !errs.Is(err, errs.Invalid) || a.Published(first) {
		t.Errorf("an expired key verifies: %v", err)
	}
	w.clock.Add(time.Second)
	tick(a)
	if len(w.store.rows) != 1 || len(kids(t, a)) != 1 {
		t.Errorf("%d rows are kept", len(w.store.rows))
	}
	for i, reason := range []string{reasonFirst, reasonScheduled} {
		if ev := w.store.events[i]; ev.Type != audit.KeyRotate || ev.Reason != reason || ev.ActorKind != audit.System {
			t.Errorf("event %+v", ev)
		}
	}
}

func TestScheduledRotationTogether(t *testing.T) {
	w := newWorld(t)
	sets := make([]*Set, 6)
	for i := range sets {
		sets[i] = w.node(t, quick)
	}
	w.clock.Add(24 * time.Hour)
	var wg sync.WaitGroup
	for _, s := range sets {
		wg.Go(func() {
			if err := s.Tick(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(w.store.rows) != 2 {
		t.Errorf("%d keys", len(w.store.rows))
	}
	for _, s := range sets {
		if len(kids(t, s)) != 2 {
			t.Error("a node does not publish the new key")
		}
	}
}

func TestRotateByHand(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, SetConfig{Algorithms: []string{ES256, EdDSA}, PublishAhead: time.Hour})
	_, before, _ := s.JWKS()
	if err := s.Rotate(t.Context(), EdDSA, "op-1"); err != nil {
		t.Fatal(err)
	}
	if _, after, _ := s.JWKS(); after == before || len(kids(t, s)) != 3 {
		t.Error("the successor is not published")
	}
	ev := w.store.events[len(w.store.events)-1]
	if ev.Reason != reasonManual || ev.ActorKind != audit.Operator || ev.Actor != "op-1" || !strings.HasPrefix(ev.Target, "key:") {
		t.Errorf("event %+v", ev)
	}
	if err := s.Rotate(t.Context(), EdDSA, "op-1"); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second successor: %v", err)
	}
	if err := s.Rotate(t.Context(), RS256, "op-1"); !errs.Is(err, errs.Invalid) {
		t.Errorf("an algorithm that is not offered: %v", err)
	}
	w.clock.Add(365 * 24 * time.Hour)
	if err := s.Tick(t.Context()); err != nil || len(kids(t, s)) != 2 {
		t.Errorf("RotateEvery 0 rotates: %v, %v", kids(t, s), err)
	}
}

func TestRevokedKey(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, quick)
	token, err := s.Sign(ES256, "JWT", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	now := w.clock.Now()
	w.store.change(kidOf(t, token), func(r *storage.SigningKey) { r.RevokedAt = &now })
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Verify(token, all, ""); !errs.Is(err, errs.Invalid) {
		t.Errorf("verifies: %v", err)
	}
	if len(kids(t, s)) != 0 || s.Published(kidOf(t, token)) {
		t.Error("still published")
	}
	if _, err := s.Sign(ES256, "JWT", []byte("{}")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("signs: %v", err)
	}
	w.clock.Add(time.Second)
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Sign(ES256, "JWT", []byte("{}")); err != nil || kidOf(t, again) == kidOf(t, token) {
		t.Errorf("no new key after a revocation: %v", err)
	}
}

// TestRevokedSuccessor: a key that was to take over is gone; another one takes its place without a gap.
func TestRevokedSuccessor(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, quick)
	if err := s.Rotate(t.Context(), ES256, ""); err != nil {
		t.Fatal(err)
	}
	now := w.clock.Now()
	w.store.change(w.store.rows[1].KeyID, func(r *storage.SigningKey) { r.RevokedAt = &now })
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Add(time.Hour)
	if _, err := s.Sign(ES256, "", []byte("{}")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a retired key signs: %v", err)
	}
	w.clock.Add(-30 * time.Minute)
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.store.rows) != 3 {
		t.Fatalf("%d keys", len(w.store.rows))
	}
	for range 4 {
		w.clock.Add(30 * time.Minute)
		if _, err := s.Sign(ES256, "", []byte("{}")); err != nil {
			t.Error(err)
		}
	}
}

// TestClockBehind: a node whose clock is behind the one that made the first key signs with it all the same.
func TestClockBehind(t *testing.T) {
	w := newWorld(t)
	w.node(t, quick)
	w.clock.Add(-time.Minute)
	s := w.node(t, quick)
	if _, err := s.Sign(ES256, "", []byte("{}")); err != nil || len(w.store.rows) != 1 {
		t.Errorf("%d keys, %v", len(w.store.rows), err)
	}
}
