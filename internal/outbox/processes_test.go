package outbox_test

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// childVariable turns this test binary into a process that begins to deliver from the named database and never ends by itself.
const childVariable = "JEDAN_TEST_OUTBOX"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childVariable); dsn != "" {
		deliverAsChild(dsn)
	}
	os.Exit(m.Run())
}

func deliverAsChild(dsn string) {
	db, err := gormdb.Open(context.Background(), gormdb.Config{DSN: dsn, MaxConns: 4})
	if err != nil {
		panic(err)
	}
	r, err := outbox.New(config(), outbox.Deps{
		Store: db, Ring: newRing(&testing.B{}), Meter: &figures{outcomes: map[string]int{}}, Log: slog.New(slog.DiscardHandler), Now: newClock().now,
	}, map[string]outbox.Handler{"test": outbox.HandlerFunc(func(context.Context, outbox.Message) error {
		_, _ = os.Stdout.WriteString("delivering\n")
		select {} // until it is killed
	})})
	if err != nil {
		panic(err)
	}
	r.Wake()
	r.Run(context.Background())
}

// handles runs fn with two handles on one database, as two processes have them.
func handles(t *testing.T, fn func(w *world, dsn string, second *gormdb.DB)) {
	t.Helper()
	open := func(t *testing.T, dsn string) *gormdb.DB {
		t.Helper()
		db, err := gormdb.Open(t.Context(), gormdb.Config{DSN: dsn, MaxConns: 4})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	run := func(t *testing.T, db *gormdb.DB, dsn string) {
		w := &world{T: t, db: db, ring: newRing(t), clock: newClock(), meter: &figures{outcomes: map[string]int{}}, log: new(lines)}
		fn(w, dsn, open(t, dsn))
	}
	t.Run("sqlite", func(t *testing.T) {
		db := gormtest.SQLite(t, gormdb.Config{})
		run(t, db, "sqlite:"+db.Path())
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := gormtest.PostgresDSN(t)
		db := open(t, dsn)
		if _, err := migrations.Up(t.Context(), db.SQL(), db.Dialect(), ""); err != nil {
			t.Fatal(err)
		}
		run(t, db, dsn)
	})
}

// TestAKilledProcessesMessageIsDeliveredByAnother, once its lease has run out and not before.
func TestAKilledProcessesMessageIsDeliveredByAnother(t *testing.T) {
	handles(t, func(w *world, dsn string, _ *gormdb.DB) {
		sent := w.send("a")[0]
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+dsn)
		out, err := child.StdoutPipe()
		if err != nil {
			w.Fatal(err)
		}
		if err := child.Start(); err != nil {
			w.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		killed := child.Process.Kill()
		_ = child.Wait()
		if err != nil || killed != nil || strings.TrimSpace(line) != "delivering" {
			w.Fatal(line, err, killed)
		}
		got := make(chan outbox.Message, 10)
		r, _ := w.run(config(), func(_ context.Context, m outbox.Message) error { got <- m; return nil })
		marker := w.send("marker")[0]
		r.Wake()
		if m := within(w.T, "the marker", got); m.ID != marker.ID {
			w.Error("a leased message is delivered by another process")
		}
		w.written(r, marker.ID)
		w.clock.pass(time.Minute)
		r.Wake()
		m := within(w.T, "the killed process's message", got)
		if m.ID != sent.ID || m.Attempt != 2 {
			w.Errorf("%+v", m)
		}
	})
}

// written returns when a delivery is written down: until then it is leased, and the lease can run out.
func (w *world) written(r *outbox.Runner, id storage.ID) {
	w.Helper()
	for w.message(id).State != storage.OutboxDelivered {
		if err := r.Poll(context.Background()); err != nil {
			w.Fatal(err)
		}
	}
}

// TestTwoProcessesDeliverEachMessageOnce while both live.
func TestTwoProcessesDeliverEachMessageOnce(t *testing.T) {
	handles(t, func(w *world, _ string, second *gormdb.DB) {
		const many = 120
		var mu sync.Mutex
		seen := map[storage.ID]int{}
		done := make(chan struct{}, 10*many)
		deliver := func(_ context.Context, m outbox.Message) error {
			mu.Lock()
			seen[m.ID]++
			mu.Unlock()
			done <- struct{}{}
			return nil
		}
		a, stopA := w.run(config(), deliver)
		other := *w
		other.db = second
		b, stopB := other.run(config(), deliver)
		targets := []string{"a", "b", "c", "", "", ""}
		for range many / len(targets) {
			w.send(targets...)
			a.Wake()
			b.Wake()
		}
		for range many {
			within(w.T, "a delivery", done)
		}
		stopA()
		stopB()
		for id, n := range seen {
			if n != 1 {
				w.Errorf("%s was delivered %d times", id, n)
			}
		}
		if len(seen) != many {
			w.Errorf("%d of %d messages", len(seen), many)
		}
	})
}
