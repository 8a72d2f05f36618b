package ratelimit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func mustGate(t *testing.T, workers, queue int, maxWait time.Duration) *Gate {
	t.Helper()
	g, err := NewGate(workers, queue, maxWait)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func wantBusy(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, errs.Unavailable) {
		t.Fatalf("got %v", err)
	}
	if wait := errs.RetryAfterOf(err); wait <= 0 || wait > 2*time.Second {
		t.Errorf("retry after %v", wait)
	}
}

// DS01: whatever comes, no more than Workers run and no more than Queue wait.
func TestGateBoundsWorkAndSheds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := mustGate(t, 2, 5, time.Second)
		release := make(chan struct{})
		var running, most, shed, done atomic.Int64
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				err := g.Do(t.Context(), func() error {
					most.Store(max(most.Load(), running.Add(1)))
					<-release
					running.Add(-1)
					return nil
				})
				if err != nil {
					wantBusy(t, err)
					shed.Add(1)
					return
				}
				done.Add(1)
			})
		}
		synctest.Wait()
		if g.Running() != 2 || g.Waiting() != 5 || shed.Load() != 193 {
			t.Errorf("running %d, waiting %d, shed %d", g.Running(), g.Waiting(), shed.Load())
		}
		close(release)
		wg.Wait()
		if most.Load() > 2 || done.Load() != 7 {
			t.Errorf("most at once %d, done %d", most.Load(), done.Load())
		}
		if g.Running() != 0 || g.Waiting() != 0 {
			t.Error("places leaked")
		}
	})
}

// Whoever would wait longer than MaxWait, by what work takes, is turned away at once and not after the wait.
func TestGateKnowsItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := mustGate(t, 1, 64, time.Second)
		work := func() error { time.Sleep(300 * time.Millisecond); return nil }
		if err := g.Do(t.Context(), work); err != nil || g.Full() {
			t.Fatalf("%v, full %v", err, g.Full())
		}
		var done, shed atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				start := time.Now()
				if err := g.Do(t.Context(), work); err != nil {
					if wantBusy(t, err); time.Since(start) != 0 {
						t.Errorf("turned away after %v", time.Since(start))
					}
					shed.Add(1)
					return
				}
				done.Add(1)
			})
			synctest.Wait()
		}
		if !g.Full() {
			t.Error("there is room for one more")
		}
		wg.Wait()
		if done.Load() != 4 || shed.Load() != 16 || g.Full() { // one works and three wait 300, 600 and 900 ms
			t.Errorf("%d done, %d turned away", done.Load(), shed.Load())
		}
	})
}

func TestGateGivesUpAfterMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := mustGate(t, 1, 1, 1500*time.Millisecond)
		release, finished := make(chan struct{}), make(chan error, 1)
		go func() { finished <- g.Do(t.Context(), func() error { <-release; return nil }) }()
		synctest.Wait()
		start := time.Now()
		err := g.Do(t.Context(), func() error { t.Error("ran without a turn"); return nil })
		wantBusy(t, err)
		if took := time.Since(start); took != 1500*time.Millisecond {
			t.Errorf("waited %v", took)
		}
		close(release)
		if err := <-finished; err != nil {
			t.Error(err)
		}
	})
}

func TestGateLeavesWithItsContext(t *testing.T) {
	g := mustGate(t, 1, 1, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := g.Do(ctx, func() error { t.Error("ran for nobody"); return nil })
	wantBusy(t, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cause lost: %v", err)
	}
	if g.Waiting() != 0 || g.Running() != 0 {
		t.Error("a place leaked")
	}
}

func TestGatePassesTheErrorOnAndFreesAfterAPanic(t *testing.T) {
	g := mustGate(t, 1, 0, time.Second)
	boom := errors.New("boom")
	if err := g.Do(t.Context(), func() error { return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = g.Do(t.Context(), func() error { panic("x") })
	}()
	if err := g.Do(t.Context(), func() error { return nil }); err != nil {
		t.Errorf("a panic kept its place: %v", err)
	}
}

func TestBadGates(t *testing.T) {
	for _, bad := range [][3]int{{0, 1, 1}, {1, -1, 1}, {1, 1, 0}} {
		if _, err := NewGate(bad[0], bad[1], time.Duration(bad[2])); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
}
