package cache

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// staleAfter is how old the last proof of being caught up may be before caches are bypassed.
const staleAfter = time.Second + 500*time.Millisecond

// Tail is what the feed follows.
type Tail interface {
	Tail(ctx context.Context, fn func(changes []storage.Change, caughtUp time.Time)) error
}

// Feed distributes changes to caches.
type Feed struct {
	now  func() time.Time
	log  *slog.Logger
	seen atomic.Int64 // unix nanoseconds of the last time the tail was caught up; 0: never

	mu   sync.RWMutex
	subs []func(storage.Change)
}

// NewFeed returns a feed that is stale until Run has caught up once.
func NewFeed(now func() time.Time, log *slog.Logger) *Feed { return &Feed{now: now, log: log} }

// Subscribe registers fn for every change. fn must be quick and must not call back into the feed.
func (f *Feed) Subscribe(fn func(storage.Change)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subs = append(f.subs, fn)
}

// Fresh reports whether caches may be believed.
func (f *Feed) Fresh() bool {
	last := f.seen.Load()
	return last != 0 && f.now().UnixNano()-last < int64(staleAfter)
}

// Publish tells the subscribers of changes; the storage backend calls it right after its own commits, Run for those of other processes.
func (f *Feed) Publish(changes []storage.Change) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, c := range changes {
		for _, fn := range f.subs {
			fn(c)
		}
	}
}

// Run follows the tail until ctx ends, starting again after an error. Everything cached is dropped when the tail had to be restarted.
func (f *Feed) Run(ctx context.Context, tail Tail) {
	for ctx.Err() == nil {
		err := tail.Tail(ctx, func(changes []storage.Change, caughtUp time.Time) {
			f.Publish(changes)
			f.seen.Store(caughtUp.UnixNano())
		})
		f.seen.Store(0)
		f.Publish([]storage.Change{{}})
		if ctx.Err() != nil {
			return
		}
		f.log.WarnContext(ctx, "change tail ended; caches are bypassed until it is back", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
