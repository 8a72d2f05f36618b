package core

import (
	"context"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// DenialReader reads revoked access tokens.
type DenialReader interface {
	TokenDenied(ctx context.Context, tenant storage.ID, tokenID []byte) (bool, error)
	LiveDenials(ctx context.Context, tenant storage.ID, now time.Time, limit int) ([]storage.Denial, error)
}

const (
	// maxDenials bounds the set in memory, about 50 bytes each; with more, every question goes to the database.
	maxDenials = 200_000
	// denialsAge is when the set is read again, to let go of those that have expired.
	denialsAge = 30 * time.Minute
)

// denials is the set of revoked access tokens that have not expired: few, and asked about for every token, so it is held whole. A change row names
// the token it revokes, so following the feed keeps the set complete.
type denials struct {
	store  DenialReader
	feed   *cache.Feed
	tenant storage.ID
	now    func() time.Time

	mu     sync.RWMutex
	set    map[storage.ID]struct{}
	loaded time.Time // zero: the set is not complete
	tooBig time.Time // when there were too many to hold; zero: never
	gen    int       // grows when changes may have been missed
}

func newDenials(store DenialReader, feed *cache.Feed, tenant storage.ID, now func() time.Time) *denials {
	d := &denials{store: store, feed: feed, tenant: tenant, now: now, set: map[storage.ID]struct{}{}}
	feed.Subscribe(d.changed)
	return d
}

func (d *denials) changed(c storage.Change) {
	if c.Kind != storage.ChangeToken && c.Kind != "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(c.Ref) != len(storage.ID{}) {
		d.set, d.loaded = map[storage.ID]struct{}{}, time.Time{}
		d.gen++
		return
	}
	d.set[storage.ID(c.Ref)] = struct{}{}
}

// has reports whether a token was revoked. fresh is whether memory may be believed.
func (d *denials) has(ctx context.Context, fresh bool, id storage.ID) (bool, error) {
	if !fresh {
		return d.ask(ctx, id)
	}
	denied, complete := d.look(id)
	if denied || complete {
		return denied, nil
	}
	if d.mayLoad() {
		if err := d.load(ctx); err != nil {
			return false, err
		}
		if denied, complete = d.look(id); denied || complete {
			return denied, nil
		}
	}
	return d.ask(ctx, id)
}

// ask goes to the database.
func (d *denials) ask(ctx context.Context, id storage.ID) (bool, error) {
	return d.store.TokenDenied(ctx, d.tenant, id[:])
}

func (d *denials) look(id storage.ID) (denied, complete bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, denied = d.set[id]
	return denied, !d.loaded.IsZero() && d.now().Sub(d.loaded) < denialsAge
}

func (d *denials) mayLoad() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.tooBig.IsZero() || d.now().Sub(d.tooBig) >= denialsAge
}

// load reads the set. Changes that come in meanwhile are in it already; if some may have been missed, it stays incomplete.
func (d *denials) load(ctx context.Context) error {
	d.mu.Lock()
	gen := d.gen
	if d.now().Sub(d.loaded) >= denialsAge { // start anew, without those that have expired
		d.set, d.loaded = map[storage.ID]struct{}{}, time.Time{}
	}
	d.mu.Unlock()
	began := d.now()
	rows, err := d.store.LiveDenials(ctx, d.tenant, began, maxDenials+1)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(rows) > maxDenials {
		d.tooBig = began
		return nil
	}
	if d.gen != gen {
		return nil
	}
	for _, r := range rows {
		if len(r.TokenID) == len(storage.ID{}) {
			d.set[storage.ID(r.TokenID)] = struct{}{}
		}
	}
	d.loaded = began
	return nil
}
