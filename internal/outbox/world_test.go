package outbox_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func tenant() storage.ID { return storage.ID{1} }

type ring struct{ key *seal.Key }

func newRing(t testing.TB) ring {
	t.Helper()
	k, err := seal.NewKey(1, bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return ring{k}
}

func (r ring) Seal(at seal.Location, plaintext []byte) seal.Text       { return r.key.Seal(at, plaintext) }
func (r ring) Open(at seal.Location, sealed seal.Text) ([]byte, error) { return r.key.Open(at, sealed) }

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// figures is a meter.
type figures struct {
	mu       sync.Mutex
	lag      time.Duration
	outcomes map[string]int
}

func (f *figures) OutboxLag(age time.Duration) { f.mu.Lock(); defer f.mu.Unlock(); f.lag = age }

func (f *figures) OutboxDelivery(kind, outcome string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes[kind+" "+outcome]++
}

func (f *figures) of(what string) int { f.mu.Lock(); defer f.mu.Unlock(); return f.outcomes[what] }

// lines is a log that tests read while runners write it.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

type world struct {
	*testing.T
	db    *gormdb.DB
	ring  ring
	clock *clock
	meter *figures
	log   *lines
	id    time.Time // of the last message: ids are in order
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		fn(&world{T: t, db: db, ring: newRing(t), clock: newClock(), meter: &figures{outcomes: map[string]int{}}, log: new(lines)})
	})
}

func config() outbox.Config {
	return outbox.Config{Workers: 4, Attempts: 3, GiveUp: 24 * time.Hour, Keep: time.Hour}
}

// run starts a runner whose handler takes the kind "test"; stop waits for its end.
func (w *world) run(c outbox.Config, handler outbox.HandlerFunc) (r *outbox.Runner, stop func()) {
	w.Helper()
	r, err := outbox.New(c, outbox.Deps{
		Store: w.db, Ring: w.ring, Meter: w.meter, Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: w.clock.now, Jitter: func() float64 { return 0 },
	}, map[string]outbox.Handler{"test": handler})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	w.Cleanup(stop)
	return r, stop
}

// send stores messages, one millisecond apart.
func (w *world) send(targets ...string) []*storage.OutboxMessage {
	w.Helper()
	var ms []*storage.OutboxMessage
	for _, target := range targets {
		m := w.compose(target)
		ms = append(ms, m)
	}
	if err := w.db.InsertOutbox(context.Background(), ms...); err != nil {
		w.Fatal(err)
	}
	return ms
}

func (w *world) compose(target string) *storage.OutboxMessage {
	w.Helper()
	w.id = w.id.Add(time.Millisecond)
	m, err := outbox.Compose(w.ring, w.clock.now(), outbox.Draft{Tenant: tenant(), Kind: "test", Target: target, Payload: map[string]string{"to": target}})
	if err != nil {
		w.Fatal(err)
	}
	id := storage.NewID(w.clock.now().Add(w.id.Sub(time.Time{})))
	payload, err := w.ring.Open(seal.Location{Table: "outbox", Column: "payload", Tenant: tenant(), Row: m.ID}, m.Payload)
	if err != nil {
		w.Fatal(err)
	}
	m.ID, m.Payload = id, w.ring.Seal(seal.Location{Table: "outbox", Column: "payload", Tenant: tenant(), Row: id}, payload)
	return m
}

func (w *world) message(id storage.ID) storage.OutboxMessage {
	w.Helper()
	ms, err := w.db.Outbox(context.Background(), tenant(), storage.OutboxFilter{Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	for _, m := range ms {
		if m.ID == id {
			return m
		}
	}
	w.Fatal("the message is gone")
	return storage.OutboxMessage{}
}

// within waits for what another goroutine does.
func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case got := <-c:
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("nothing happened: " + what)
	}
	var none T
	return none
}
