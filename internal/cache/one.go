package cache

import (
	"context"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/storage"
)

// One holds a single value and forgets it when a row that it is made of changes.
type One[V any] struct {
	feed *Feed
	load func(context.Context) (V, error)
	kept atomic.Pointer[V]
	gen  atomic.Uint64 // grows with every change that concerned it
}

// NewOne returns an empty one. touches says whether a change concerns it.
func NewOne[V any](feed *Feed, load func(context.Context) (V, error), touches func(storage.Change) bool) *One[V] {
	o := &One[V]{feed: feed, load: load}
	feed.Subscribe(func(ch storage.Change) {
		if ch.Kind == "" || touches(ch) { // an empty kind says that changes may have been missed
			o.gen.Add(1)
			o.kept.Store(nil)
		}
	})
	return o
}

// Get returns the value, from memory if that can be believed. Errors are not kept.
func (o *One[V]) Get(ctx context.Context) (V, error) {
	fresh := o.feed.Fresh()
	if v := o.kept.Load(); v != nil && fresh {
		return *v, nil
	}
	before := o.gen.Load()
	v, err := o.load(ctx)
	if err != nil || !fresh {
		return v, err
	}
	mine := &v
	o.kept.Store(mine)
	if o.gen.Load() != before { // it may be older than the change that came in meanwhile
		o.kept.CompareAndSwap(mine, nil)
	}
	return v, nil
}
