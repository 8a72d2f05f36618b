package cache

import (
	"context"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Cache holds up to a fixed number of values and forgets one when its row changes.
type Cache[K comparable, V any] struct {
	feed *Feed
	load func(context.Context, K) (V, error)
	kept *otter.Cache[K, V]
	gen  atomic.Uint64 // grows with every change that concerned this cache
}

// New returns a cache of at most size values. touches says which key a change concerns: all means every key.
func New[K comparable, V any](feed *Feed, size int, load func(context.Context, K) (V, error),
	touches func(storage.Change) (key K, one, all bool),
) *Cache[K, V] {
	c := &Cache[K, V]{feed: feed, load: load, kept: otter.Must(&otter.Options[K, V]{MaximumSize: size})}
	feed.Subscribe(func(ch storage.Change) {
		key, one, all := touches(ch)
		switch {
		case all || ch.Kind == "": // an empty kind says that changes may have been missed
			c.gen.Add(1)
			c.kept.InvalidateAll()
		case one:
			c.gen.Add(1)
			c.kept.Invalidate(key)
		}
	})
	return c
}

// Get returns the value for key, from memory if that can be believed. Errors are not kept.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (V, error) {
	return c.GetIf(ctx, c.feed.Fresh(), key)
}

// GetIf is Get for who asks several caches at once, and the feed only once whether it is fresh.
func (c *Cache[K, V]) GetIf(ctx context.Context, fresh bool, key K) (V, error) {
	if !fresh {
		return c.load(ctx, key)
	}
	if v, ok := c.kept.GetIfPresent(key); ok {
		return v, nil
	}
	before := c.gen.Load()
	v, err := c.load(ctx, key)
	if err != nil {
		return v, err
	}
	c.kept.Set(key, v)
	if c.gen.Load() != before { // it may be older than the change that came in meanwhile
		c.kept.Invalidate(key)
	}
	return v, nil
}
