package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	leaseFor      = time.Minute
	deliverWithin = 20 * time.Second // well within the lease
	chainMost     = 64               // messages of one target in a row, before others get a turn
)

// Store is what the runner reads and writes.
type Store interface {
	storage.OutboxQueue
	OldestOutbox(ctx context.Context) (time.Time, error)
}

// Opener opens payloads; *keys.Ring is one.
type Opener interface {
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Meter counts.
type Meter interface {
	// OutboxLag is the age of the oldest message that waits.
	OutboxLag(age time.Duration)
	// OutboxDelivery is one attempt; outcome is delivered, retried or dead.
	OutboxDelivery(kind, outcome string)
}

// Deps is what the runner stands on.
type Deps struct {
	Store  Store
	Ring   Opener
	Meter  Meter
	Log    *slog.Logger
	Now    func() time.Time
	Jitter func() float64 // in [0,1); nil: random
}

// Runner delivers messages.
type Runner struct {
	c        Config
	d        Deps
	handlers map[string]Handler
	kinds    []string
	woken    chan struct{}
	places   chan struct{}
	workers  sync.WaitGroup
}

// New makes a runner for the kinds that have a handler.
func New(c Config, d Deps, handlers map[string]Handler) (*Runner, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	if d.Jitter == nil {
		d.Jitter = rand.Float64
	}
	return &Runner{
		c: c, d: d, handlers: maps.Clone(handlers), kinds: slices.Sorted(maps.Keys(handlers)),
		woken: make(chan struct{}, 1), places: make(chan struct{}, c.Workers),
	}, nil
}

// Wake says that something may be due. It never blocks.
func (r *Runner) Wake() {
	select {
	case r.woken <- struct{}{}:
	default: // one is waiting already
	}
}

// Changed wakes the runner when this process has written a message; it is for a cache.Feed.
func (r *Runner) Changed(c storage.Change) {
	if c.Kind == storage.ChangeOutbox {
		r.Wake()
	}
}

// Poll wakes the runner for what other processes wrote and what is due again, and measures the lag. It is for a periodic job.
func (r *Runner) Poll(ctx context.Context) error {
	r.Wake()
	oldest, err := r.d.Store.OldestOutbox(ctx)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	var age time.Duration
	if !oldest.IsZero() {
		age = max(0, r.d.Now().Sub(oldest))
	}
	r.d.Meter.OutboxLag(age)
	return nil
}

// Run delivers until ctx ends, and returns when what is being delivered has ended too.
func (r *Runner) Run(ctx context.Context) {
	defer r.workers.Wait()
	for {
		r.fill(ctx)
		select {
		case <-ctx.Done():
			return
		case <-r.woken:
		}
	}
}

// fill claims as many messages as there are free workers.
func (r *Runner) fill(ctx context.Context) {
	free := r.c.Workers - len(r.places)
	if free <= 0 || ctx.Err() != nil {
		return // a worker that ends wakes the runner
	}
	now := r.d.Now()
	owner := storage.NewID(now) // of this claim: a worker that outlives its lease is nobody's any more, not even this process's
	ms, err := r.d.Store.ClaimOutbox(ctx, storage.ClaimOutbox{Owner: owner, Kinds: r.kinds, Now: now, Until: now.Add(leaseFor), Limit: free})
	if err != nil {
		if ctx.Err() == nil {
			r.d.Log.WarnContext(ctx, "messages to other servers cannot be read", "error", err)
		}
		return
	}
	for i := range ms {
		r.places <- struct{}{}
		r.workers.Go(func() {
			defer r.Wake()
			defer func() { <-r.places }()
			r.chain(ctx, &ms[i])
		})
	}
}

// chain delivers a message and those of the same target that are due after it.
func (r *Runner) chain(ctx context.Context, m *storage.OutboxMessage) {
	for n := 1; m != nil; n++ {
		end := r.attempt(ctx, m)
		if n < chainMost && ctx.Err() == nil {
			end.Until = end.Now.Add(leaseFor)
		}
		m = r.finish(ctx, m, end)
	}
}

// finish writes the outcome. When that fails the lease runs out and the message is delivered once more: at least once.
func (r *Runner) finish(ctx context.Context, m *storage.OutboxMessage, end storage.FinishOutbox) *storage.OutboxMessage {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverWithin)
	defer cancel()
	done, next, err := r.d.Store.FinishOutbox(ctx, end)
	if err != nil || !done {
		r.d.Log.WarnContext(ctx, "the outcome of a delivery is not kept; it may be repeated", "kind", m.Kind, "message", m.ID.String(), "error", err)
		return nil
	}
	return next
}

// attempt delivers once, also while the server stops, and says how it ended.
func (r *Runner) attempt(ctx context.Context, m *storage.OutboxMessage) storage.FinishOutbox {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverWithin)
	defer cancel()
	err := r.tooOld(m)
	if err == nil {
		err = r.deliver(ctx, m)
	}
	end := r.outcome(m, err)
	outcome := map[storage.OutboxState]string{storage.OutboxDelivered: "delivered", storage.OutboxWaiting: "retried", storage.OutboxDead: "dead"}[end.State]
	r.d.Meter.OutboxDelivery(m.Kind, outcome)
	if end.State == storage.OutboxDead {
		r.d.Log.WarnContext(ctx, "a message to another server is given up", "kind", m.Kind, "target", m.Target, "message", m.ID.String(), "error", err)
	}
	return end
}

func (r *Runner) tooOld(m *storage.OutboxMessage) error {
	if r.d.Now().Sub(m.CreatedAt) > r.c.GiveUp {
		return Permanent(errs.New(errs.Unavailable, "It was too old to be sent."))
	}
	return nil
}

func (r *Runner) deliver(ctx context.Context, m *storage.OutboxMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("outbox: %s panicked: %v", m.Kind, p)
		}
	}()
	payload, err := r.d.Ring.Open(at(m.Tenant, m.ID), m.Payload)
	if err != nil {
		return Permanent(err)
	}
	return r.handlers[m.Kind].Deliver(ctx, Message{
		Tenant: m.Tenant, ID: m.ID, Kind: m.Kind, Target: m.Target, Payload: payload, Attempt: m.Attempts, CreatedAt: m.CreatedAt,
	})
}
