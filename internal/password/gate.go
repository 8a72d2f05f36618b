package password

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// comeBack is what a refused caller is told (DS01: at most two seconds).
const comeBack = 2 * time.Second

// gate lets a fixed number of functions run, a fixed number wait in order of arrival, and refuses the rest at once.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	maxWait time.Duration
}

func newGate(workers, queue int, maxWait time.Duration) *gate {
	return &gate{slots: make(chan struct{}, workers), queue: int64(queue), maxWait: maxWait}
}

// do runs fn when there is room. It returns errs.Unavailable, without having run fn, when there is none or the wait was too long.
func (g *gate) do(ctx context.Context, fn func()) error {
	if err := g.enter(ctx); err != nil {
		return err
	}
	defer func() { <-g.slots }()
	fn()
	return nil
}

func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		return busy(nil)
	}
	defer g.waiting.Add(-1)
	timer := time.NewTimer(g.maxWait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return busy(nil)
	case <-ctx.Done():
		return busy(ctx.Err())
	}
}

func busy(cause error) error {
	return errs.Wrap(errs.Unavailable, "Too many people are signing in right now. Try again in a moment.", cause).After(comeBack)
}
