package storetest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// patience ends a case that would hang. No case waits for it.
const patience = 2 * time.Minute

// world is one backend with one tenant, and what a case needs to speak to it.
type world struct {
	*testing.T
	Backend
	ctx    context.Context
	tenant storage.ID
	now    time.Time
	key    *seal.Key

	mu sync.Mutex
	at time.Time // of the last id: ids of one world are in order
}

func newWorld(t *testing.T, b Backend) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	key, err := seal.NewKey(1, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)
	w := &world{T: t, Backend: b, ctx: ctx, now: now, at: now, key: key}
	tenant, err := b.EnsureTenant(ctx, &storage.Tenant{ID: w.id(), Name: "default", CreatedAt: now})
	w.ok(err)
	w.tenant = tenant.ID
	return w
}

// id returns a fresh id, greater than all before it.
func (w *world) id() storage.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(time.Millisecond)
	return storage.NewID(w.at)
}

// in is a time after now.
func (w *world) in(d time.Duration) time.Time { return w.now.Add(d) }

func (w *world) sealed(table, column string, row storage.ID, text string) seal.Text {
	return w.key.Seal(seal.Location{Table: table, Column: column, Tenant: w.tenant, Row: row}, []byte(text))
}

// ok ends the case on an error.
func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// code ends the case unless err has the code.
func (w *world) code(err error, want errs.Code) {
	w.Helper()
	if got := errs.CodeOf(err); got != want {
		w.Fatalf("got code %q (%v), want %q", got, err, want)
	}
}

// same ends the case unless got equals want, deeply.
func (w *world) same(got, want any) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Fatalf("got\n%+v\nwant\n%+v", got, want)
	}
}

// parallel runs fn n times at once and returns when all have returned.
func parallel(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// events are the stored events of one type, oldest first.
func (w *world) events(kind string) []storage.AuditEvent {
	w.Helper()
	evs, err := w.AuditEvents(w.ctx, w.tenant, storage.AuditFilter{Type: kind, Limit: 1000})
	w.ok(err)
	return evs
}
