package limits

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Shared counts for all nodes by the same algorithm (GCRA): interval is the time between two events, window how far ahead of now a key may run.
type Shared interface {
	// Take counts an event of key, or says how long the next one has to wait.
	Take(ctx context.Context, key string, interval, window time.Duration) (wait time.Duration, err error)
	// Give takes one back.
	Give(ctx context.Context, key string, interval time.Duration) error
}

const (
	// patience is how long a request waits for the shared store: a store on the same network answers a hundred times faster.
	patience = 50 * time.Millisecond
	// rest is how long the shared store is left alone after it failed.
	rest = time.Second
)

// guarded keeps a shared store that is slow or away from making requests slow: after one failure it is left alone for a while, and then a single request
// tries it. Nobody is let through for it: what is counted in memory holds.
type guarded struct {
	to      Shared
	now     func() time.Time
	changed func(ctx context.Context, err error)

	down   atomic.Bool
	again  atomic.Int64 // Unix nanoseconds: not to be asked before
	trying atomic.Bool
}

var errResting = errors.New("limits: the shared store is left alone")

func (g *guarded) take(ctx context.Context, key string, interval, window time.Duration) (wait time.Duration) {
	err := g.ask(ctx, func(ctx context.Context) (err error) {
		wait, err = g.to.Take(ctx, key, interval, window)
		return err
	})
	if err != nil {
		return 0
	}
	return wait
}

func (g *guarded) give(ctx context.Context, key string, interval time.Duration) {
	_ = g.ask(ctx, func(ctx context.Context) error { return g.to.Give(ctx, key, interval) }) // it is counted once too often then
}

// ask does one thing with the store, unless it is left alone. A client that leaves meanwhile is not the store's failure.
func (g *guarded) ask(ctx context.Context, do func(context.Context) error) error {
	if g.down.Load() {
		if g.now().UnixNano() < g.again.Load() || !g.trying.CompareAndSwap(false, true) {
			return errResting
		}
		defer g.trying.Store(false)
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := do(bounded)
	if err != nil {
		g.again.Store(g.now().Add(rest).UnixNano())
	}
	if g.down.Swap(err != nil) != (err != nil) && g.changed != nil {
		g.changed(ctx, err)
	}
	return err
}

// Up says that the shared store answers, as far as is known; true where there is none.
func (l *Limits) Up() bool { return l.shared == nil || !l.shared.down.Load() }
