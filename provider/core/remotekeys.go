package core

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Bounds of what is remembered of other parties' key sets.
const (
	maxKeySets   = 500
	maxKeySet    = 64 << 10 // bytes
	keysFresh    = 10 * time.Minute
	keysFreshMin = time.Minute
	keysFreshMax = time.Hour
	keysStale    = 24 * time.Hour // how long a set serves while its URL does not answer
	keysRetry    = time.Minute    // between two fetches of one URL, whatever asks for it
	keysRetryNew = 5 * time.Second
)

// FetchedKeys remembers the key sets of clients that publish them. One URL is asked by one request at a time and at most once a minute, however many
// unknown key ids are presented; while it does not answer, the set it gave last serves on.
type FetchedKeys struct {
	fetch Fetcher
	now   func() time.Time

	mu     sync.Mutex
	sets   map[string]*list.Element // of *fetchedSet
	recent *list.List               // most recently used first
}

// fetchedSet is one URL. mu is held while it is asked, so that others wait for that answer instead of asking again.
type fetchedSet struct {
	uri string

	mu    sync.Mutex
	set   *KeySet // nil: never had
	at    time.Time
	fresh time.Time // until when
	tried time.Time
	err   error // of the last try
}

// NewFetchedKeys remembers nothing yet.
func NewFetchedKeys(f Fetcher, now func() time.Time) *FetchedKeys {
	return &FetchedKeys{fetch: f, now: now, sets: map[string]*list.Element{}, recent: list.New()}
}

// KeySet implements RemoteKeys.
func (k *FetchedKeys) KeySet(ctx context.Context, uri string) (*KeySet, error) {
	e := k.entry(uri)
	e.mu.Lock()
	defer e.mu.Unlock()
	now := k.now()
	if e.set == nil || !now.Before(e.fresh) {
		k.ask(ctx, e, now)
	}
	if e.set == nil || now.Sub(e.at) > keysStale {
		return nil, errs.Wrap(errs.Invalid, "The client's keys cannot be fetched.", e.err)
	}
	return e.set, nil
}

// Renew implements RemoteKeys.
func (k *FetchedKeys) Renew(ctx context.Context, uri string, seen *KeySet) *KeySet {
	e := k.entry(uri)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.set == seen || e.set == nil {
		k.ask(ctx, e, k.now())
	}
	if e.set == nil {
		return seen
	}
	return e.set
}

// ask fetches, unless that was tried a moment ago. The caller holds e.mu.
func (k *FetchedKeys) ask(ctx context.Context, e *fetchedSet, now time.Time) {
	wait := keysRetry
	if e.set == nil {
		wait = keysRetryNew
	}
	if !e.tried.IsZero() && now.Before(e.tried.Add(wait)) {
		return
	}
	e.tried = now
	var doc *Fetched
	// Whoever happens to ask first must not decide for the others by going away.
	if doc, e.err = k.fetch.Fetch(context.WithoutCancel(ctx), e.uri, maxKeySet); e.err != nil {
		return
	}
	set, err := ParseKeySet(doc.Body)
	if e.err = err; err != nil {
		return
	}
	e.set, e.at = set, now
	e.fresh = now.Add(keepFor(doc.MaxAge, keysFresh, keysFreshMin, keysFreshMax))
}

// keepFor holds what a publisher says of a document's age within our own bounds; negative is nothing said.
func keepFor(said, usual, least, most time.Duration) time.Duration {
	if said < 0 {
		return usual
	}
	return min(max(said, least), most)
}

// entry finds or makes the place of a URL, and forgets the one that was used least recently when there are too many.
func (k *FetchedKeys) entry(uri string) *fetchedSet {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.sets[uri]; ok {
		k.recent.MoveToFront(at)
		return at.Value.(*fetchedSet) //nolint:forcetypeassert // nothing else is put in
	}
	if k.recent.Len() >= maxKeySets {
		oldest := k.recent.Back()
		delete(k.sets, k.recent.Remove(oldest).(*fetchedSet).uri) //nolint:forcetypeassert // as above
	}
	e := &fetchedSet{uri: uri}
	k.sets[uri] = k.recent.PushFront(e)
	return e
}
