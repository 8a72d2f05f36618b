package outbox_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func TestDelivered(t *testing.T) {
	each(t, func(w *world) {
		got := make(chan outbox.Message, 10)
		r, stop := w.run(config(), func(_ context.Context, m outbox.Message) error { got <- m; return nil })
		sent := w.send("client-1")[0]
		r.Wake()
		m := within(w.T, "a delivery", got)
		if m.ID != sent.ID || m.Tenant != tenant() || m.Kind != "test" || m.Target != "client-1" || string(m.Payload) != `{"to":"client-1"}` || m.Attempt != 1 || !m.CreatedAt.Equal(sent.CreatedAt) {
			w.Errorf("got %+v", m)
		}
		stop()
		end := w.message(sent.ID)
		if end.State != storage.OutboxDelivered || end.Status != "delivered" || !end.Payload.IsZero() || end.DoneAt == nil {
			w.Errorf("kept %+v", end)
		}
		if len(got) != 0 || w.meter.of("test delivered") != 1 {
			w.Error("delivered again")
		}
	})
}

// TestWokenByTheCommit: nobody waits for a poll, and nothing is sent that was taken back.
func TestWokenByTheCommit(t *testing.T) {
	var wake func(storage.Change)
	cfg := gormdb.Config{OnCommit: func(cs []storage.Change) {
		for _, c := range cs {
			wake(c)
		}
	}}
	for name, open := range map[string]func(t testing.TB, cfg gormdb.Config) *gormdb.DB{"sqlite": gormtest.SQLite, "postgres": gormtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			w := &world{T: t, db: open(t, cfg), ring: newRing(t), clock: newClock(), meter: &figures{outcomes: map[string]int{}}, log: new(lines)}
			got := make(chan storage.ID, 10)
			r, _ := w.run(config(), func(_ context.Context, m outbox.Message) error { got <- m.ID; return nil })
			wake = r.Changed
			boom := errors.New("boom")
			if err := w.db.InTx(t.Context(), func(ctx context.Context) error {
				return errors.Join(w.db.InsertOutbox(ctx, w.compose("a")), boom)
			}); !errors.Is(err, boom) {
				t.Fatal(err)
			}
			kept := w.compose("a")
			if err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.db.InsertOutbox(ctx, kept) }); err != nil {
				t.Fatal(err)
			}
			if id := within(t, "a delivery", got); id != kept.ID {
				t.Error("what was taken back is sent")
			}
		})
	}
}

func TestOrderOfATarget(t *testing.T) {
	each(t, func(w *world) {
		var mu sync.Mutex
		got := map[string][]storage.ID{}
		busy := map[string]bool{}
		done := make(chan struct{}, 1000)
		r, _ := w.run(config(), func(_ context.Context, m outbox.Message) error {
			mu.Lock()
			if m.Target != "" && busy[m.Target] {
				w.Error("two messages of one target at a time")
			}
			busy[m.Target] = true
			got[m.Target] = append(got[m.Target], m.ID)
			mu.Unlock()
			defer func() {
				mu.Lock()
				busy[m.Target] = false
				mu.Unlock()
				done <- struct{}{}
			}()
			return nil
		})
		want := map[string][]storage.ID{}
		for range 70 { // more of one target than go in a row
			for _, m := range w.send("a", "b", "") {
				want[m.Target] = append(want[m.Target], m.ID)
			}
		}
		r.Wake()
		for range 3 * 70 {
			within(w.T, "a delivery", done)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, target := range []string{"a", "b"} {
			if !slices.Equal(got[target], want[target]) {
				w.Errorf("%s came out of order", target)
			}
		}
		if len(got[""]) != 70 {
			w.Errorf("%d of 70 without a target", len(got[""]))
		}
	})
}

// TestAFailingTargetWaitsAlone: it is tried again, later and later, before the messages behind it, while others go on.
func TestAFailingTargetWaitsAlone(t *testing.T) {
	each(t, func(w *world) {
		type delivery struct {
			target  string
			attempt int
		}
		got := make(chan delivery, 100)
		r, stop := w.run(config(), func(_ context.Context, m outbox.Message) error {
			got <- delivery{m.Target, m.Attempt}
			if m.Target == "bad" && m.Attempt < 3 {
				return errs.Wrap(errs.Unavailable, "The other server did not answer.", errors.New("cause-canary"))
			}
			return nil
		})
		bad := w.send("bad")[0]
		r.Wake()
		if d := within(w.T, "the first attempt", got); d != (delivery{"bad", 1}) {
			w.Fatal(d)
		}
		w.send("bad", "good")
		r.Wake()
		if d := within(w.T, "the other target", got); d != (delivery{"good", 1}) {
			w.Fatal(d)
		}
		w.settle(r)
		m := w.message(bad.ID)
		if m.State != storage.OutboxWaiting || m.Attempts != 1 || m.Status != "The other server did not answer." || !m.NextAt.Equal(w.clock.now().Add(2500*time.Millisecond)) {
			w.Errorf("kept %+v", m)
		}
		w.clock.pass(2499 * time.Millisecond)
		w.send("good") // a marker: when it has come, the failing one would have come before
		r.Wake()
		if d := within(w.T, "the marker", got); d != (delivery{"good", 1}) {
			w.Fatal(d)
		}
		w.clock.pass(time.Millisecond)
		r.Wake()
		if d := within(w.T, "the second attempt", got); d != (delivery{"bad", 2}) {
			w.Fatal(d)
		}
		w.settle(r)
		w.clock.pass(5 * time.Second)
		r.Wake()
		for _, want := range []delivery{{"bad", 3}, {"bad", 1}} { // and only then the one behind it
			if d := within(w.T, "the rest", got); d != want {
				w.Fatal(d, want)
			}
		}
		stop()
		if w.meter.of("test retried") != 3 || w.meter.of("test delivered") != 3 || strings.Contains(w.log.String(), "canary") {
			w.Errorf("%v, log %s", w.meter.outcomes, w.log)
		}
	})
}

// settle returns when nothing is due, being delivered or being written down.
func (w *world) settle(r *outbox.Runner) {
	w.Helper()
	for {
		if err := r.Poll(context.Background()); err != nil {
			w.Fatal(err)
		}
		ms, err := w.db.Outbox(context.Background(), tenant(), storage.OutboxFilter{State: storage.OutboxWaiting, Limit: 1000})
		if err != nil {
			w.Fatal(err)
		}
		if !slices.ContainsFunc(ms, func(m storage.OutboxMessage) bool {
			return m.LeaseUntil != nil || !m.NextAt.After(w.clock.now()) && isHead(ms, m)
		}) {
			return
		}
	}
}

// isHead reports whether no other waiting message of the target comes before m.
func isHead(ms []storage.OutboxMessage, m storage.OutboxMessage) bool {
	return m.Target == "" || !slices.ContainsFunc(ms, func(o storage.OutboxMessage) bool {
		return o.Target == m.Target && slices.Compare(o.ID[:], m.ID[:]) < 0
	})
}

func TestGivenUp(t *testing.T) {
	for name, one := range map[string]struct {
		err      error
		attempts int
		age      time.Duration
		calls    int
	}{
		"too often":   {errs.New(errs.Unavailable, "Status 500."), 3, 0, 3},
		"permanently": {outbox.Permanent(errs.New(errs.Invalid, "Never.")), 1, 0, 1},
		"too old":     {errors.New("asked"), 1, 25 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				calls := make(chan struct{}, 100)
				m := w.send("a")[0]
				w.clock.pass(one.age)
				r, stop := w.run(config(), func(context.Context, outbox.Message) error { calls <- struct{}{}; return one.err })
				for w.settle(r); w.message(m.ID).State == storage.OutboxWaiting; w.settle(r) {
					w.clock.pass(time.Minute)
				}
				stop()
				end := w.message(m.ID)
				if end.State != storage.OutboxDead || end.Attempts != one.attempts || len(calls) != one.calls || end.Payload.IsZero() || end.DoneAt == nil {
					w.Errorf("%d calls, kept %+v", len(calls), end)
				}
				if w.meter.of("test dead") != 1 || !strings.Contains(w.log.String(), "given up") {
					w.Error(w.meter.outcomes, w.log)
				}
			})
		})
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	each(t, func(w *world) {
		calls := make(chan int, 10)
		r, _ := w.run(config(), func(_ context.Context, m outbox.Message) error {
			calls <- m.Attempt
			if m.Attempt == 1 {
				panic("boom")
			}
			return nil
		})
		w.send("")
		r.Wake()
		within(w.T, "the first", calls)
		w.settle(r)
		w.clock.pass(time.Minute)
		r.Wake()
		if n := within(w.T, "the second", calls); n != 2 {
			w.Error(n)
		}
	})
}

func TestALaterAttemptWaitsAsLongAsItIsTold(t *testing.T) {
	each(t, func(w *world) {
		calls := make(chan struct{}, 10)
		r, stop := w.run(config(), func(context.Context, outbox.Message) error {
			calls <- struct{}{}
			return errs.New(errs.Throttled, "Too many.").After(7 * time.Minute)
		})
		m := w.send("")[0]
		r.Wake()
		within(w.T, "a call", calls)
		stop()
		if next := w.message(m.ID).NextAt; !next.Equal(w.clock.now().Add(7 * time.Minute)) {
			w.Error(next)
		}
	})
}

func TestStopWaitsAndLeavesTheRest(t *testing.T) {
	each(t, func(w *world) {
		running, release := make(chan struct{}, 10), make(chan struct{})
		r, stop := w.run(config(), func(ctx context.Context, _ outbox.Message) error {
			running <- struct{}{}
			<-release
			return ctx.Err() // a stop interrupts nothing
		})
		ms := w.send("a", "a")
		r.Wake()
		within(w.T, "a delivery", running)
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		// The stop has begun for certain only when the loop no longer takes wake-ups; a second message of the target is left in either case.
		close(release)
		within(w.T, "the end", stopped)
		first, second := w.message(ms[0].ID), w.message(ms[1].ID)
		if first.State != storage.OutboxDelivered || second.LeaseUntil != nil {
			w.Errorf("%+v %+v", first, second)
		}
	})
}
