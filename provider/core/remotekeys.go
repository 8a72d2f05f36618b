package core

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// Documents fetches what clients publish, and remembers it (fetch.Client).
type Documents interface {
	Document(ctx context.Context, r fetch.DocumentRequest) (*fetch.Document, error)
}

// Bounds of what is remembered of other parties' key sets.
const (
	maxKeySets = 500
	maxKeySet  = 64 << 10       // bytes
	keysMost   = time.Hour      // the longest that a set is used without asking again
	keysStale  = 24 * time.Hour // how long a set serves while there is no newer one that can be used
)

// FetchedKeys finds the key sets of clients that publish them. Documents asks a URL once at a time, and at most once a minute however many unknown key
// ids are presented; here is what was made of its answers, and the last one that could be used.
type FetchedKeys struct {
	documents Documents
	now       func() time.Time

	mu     sync.Mutex
	sets   map[string]*list.Element // of *fetchedSet
	recent *list.List               // most recently used first
}

// fetchedSet is the last good answer of one URL.
type fetchedSet struct {
	uri  string
	from *fetch.Document
	set  *KeySet
	at   time.Time // when it was last known to be what the client publishes
}

// NewFetchedKeys remembers nothing yet.
func NewFetchedKeys(d Documents, now func() time.Time) *FetchedKeys {
	return &FetchedKeys{documents: d, now: now, sets: map[string]*list.Element{}, recent: list.New()}
}

// KeySet implements RemoteKeys.
func (k *FetchedKeys) KeySet(ctx context.Context, uri string) (*KeySet, error) {
	return k.find(ctx, uri, false)
}

// Renew implements RemoteKeys.
func (k *FetchedKeys) Renew(ctx context.Context, uri string, seen *KeySet) *KeySet {
	set, err := k.find(ctx, uri, true)
	if err != nil {
		return seen
	}
	return set
}

func (k *FetchedKeys) find(ctx context.Context, uri string, renew bool) (*KeySet, error) {
	doc, err := k.documents.Document(ctx, fetch.DocumentRequest{URL: uri, MaxBytes: maxKeySet, MaxAge: keysMost, Stale: keysStale, Renew: renew})
	if err != nil {
		return k.last(uri, err)
	}
	if set := k.same(uri, doc); set != nil {
		return set, nil
	}
	set, err := ParseKeySet(doc.Body)
	if err != nil { // what is there now cannot be used: what was there before may
		return k.last(uri, err)
	}
	k.keep(&fetchedSet{uri: uri, from: doc, set: set, at: k.now()})
	return set, nil
}

// same returns what was made of this very document, if it was.
func (k *FetchedKeys) same(uri string, doc *fetch.Document) *KeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.sets[uri]
	if !ok {
		return nil
	}
	k.recent.MoveToFront(at)
	s := at.Value.(*fetchedSet) //nolint:forcetypeassert // nothing else is put in
	if s.from != doc {
		return nil
	}
	s.at = k.now()
	return s.set
}

// last returns the last set that could be used, if that is not too long ago.
func (k *FetchedKeys) last(uri string, why error) (*KeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.sets[uri]; ok {
		if s := at.Value.(*fetchedSet); k.now().Sub(s.at) < keysStale { //nolint:forcetypeassert // as above
			return s.set, nil
		}
	}
	return nil, errs.Wrap(errs.Invalid, "The client's keys cannot be fetched.", why)
}

// keep forgets the set that was used least recently when there are too many.
func (k *FetchedKeys) keep(s *fetchedSet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.sets[s.uri]; ok {
		at.Value = s
		return
	}
	if k.recent.Len() >= maxKeySets {
		delete(k.sets, k.recent.Remove(k.recent.Back()).(*fetchedSet).uri) //nolint:forcetypeassert // as above
	}
	k.sets[s.uri] = k.recent.PushFront(s)
}
