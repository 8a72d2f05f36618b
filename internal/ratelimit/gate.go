package ratelimit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxRetryAfter is the longest wait that a full gate asks for: it empties fast.
const maxRetryAfter = 2 * time.Second

// Gate lets Workers run at once and Queue wait, each at most MaxWait; the rest is
// turned away at once, and so is whoever would wait longer than that by what work
// has taken lately: waiting for nothing helps nobody. With work of a known size,
// that bounds memory.
type Gate struct {
	places  chan struct{} // running and waiting
	workers chan struct{} // running
	maxWait time.Duration
	usual   atomic.Int64 // how long work has taken lately, in nanoseconds; 0: not known yet
}

// NewGate makes a gate. Queue may be 0.
func NewGate(workers, queue int, maxWait time.Duration) (*Gate, error) {
	if workers <= 0 || queue < 0 || maxWait <= 0 {
		return nil, errors.New("ratelimit: a gate needs workers and a wait")
	}
	return &Gate{places: make(chan struct{}, workers+queue), workers: make(chan struct{}, workers), maxWait: maxWait}, nil
}

// Do runs fn when it is its turn and returns its error. A full queue, a wait that
// is too long and a context that ends while waiting are errs.Unavailable with a
// RetryAfter of at most 2 s; fn has not run then.
func (g *Gate) Do(ctx context.Context, fn func() error) error {
	if g.Full() {
		return g.busy(errors.New("ratelimit: the queue is too long"))
	}
	select {
	case g.places <- struct{}{}:
		defer func() { <-g.places }()
	default:
		return g.busy(errors.New("ratelimit: the queue is full"))
	}
	if err := g.wait(ctx); err != nil {
		return err
	}
	defer func() { <-g.workers }()
	defer g.learn(time.Now())
	return fn()
}

// Full reports whether Do would turn away whoever came now.
func (g *Gate) Full() bool {
	ahead := len(g.places) - cap(g.workers)
	if ahead < 0 {
		return false
	}
	wait := time.Duration(g.usual.Load()) * time.Duration(ahead+1) / time.Duration(cap(g.workers))
	return len(g.places) >= cap(g.places) || wait > g.maxWait
}

// learn moves the usual time an eighth of the way to what this work took. Two that learn at once may lose one of the two: it is an estimate.
func (g *Gate) learn(began time.Time) {
	took, usual := int64(time.Since(began)), g.usual.Load()
	if usual == 0 {
		usual = took
	}
	g.usual.Store(usual + (took-usual)/8)
}

func (g *Gate) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return g.busy(err)
	}
	select { // the common case needs no timer
	case g.workers <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(g.maxWait)
	defer timer.Stop()
	select {
	case g.workers <- struct{}{}:
		return nil
	case <-timer.C:
		return g.busy(errors.New("ratelimit: waited too long for a turn"))
	case <-ctx.Done():
		return g.busy(ctx.Err())
	}
}

func (g *Gate) busy(cause error) error {
	return errs.Wrap(errs.Unavailable, "The server is busy. Try again in a moment.", cause).After(min(max(g.maxWait, time.Second), maxRetryAfter))
}

// Running and Waiting say how busy the gate is, for metrics.
func (g *Gate) Running() int { return len(g.workers) }

// Waiting is how many wait for their turn.
func (g *Gate) Waiting() int { return max(0, len(g.places)-len(g.workers)) }
