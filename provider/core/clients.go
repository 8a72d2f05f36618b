package core

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Clients finds registered clients, from memory where it may.
type Clients struct {
	tenant storage.ID
	byName *cache.Cache[string, *Client]
	byRow  *cache.Cache[storage.ID, *Client]

	origins *cache.Cache[struct{}, map[string]bool]
}

// NewClients returns a reader over the store. A change to any client drops the lookups by name, since its name is not in the change.
func NewClients(store storage.ClientReader, feed *cache.Feed, tenant storage.ID) *Clients {
	byName := func(ctx context.Context, id string) (*Client, error) {
		return parsed(store.ClientByClientID(ctx, tenant, id))
	}
	byRow := func(ctx context.Context, id storage.ID) (*Client, error) {
		return parsed(store.ClientByID(ctx, tenant, id))
	}
	return &Clients{
		tenant: tenant,
		byName: cache.New(feed, 10_000, byName, func(c storage.Change) (string, bool, bool) { return "", false, c.Kind == storage.ChangeClient }),
		byRow:  cache.New(feed, 10_000, byRow, RowTouches(storage.ChangeClient)),

		origins: newOrigins(store, feed, tenant),
	}
}

// RowTouches says which row a change of the given kind concerns.
func RowTouches(kind string) func(storage.Change) (storage.ID, bool, bool) {
	return func(c storage.Change) (storage.ID, bool, bool) {
		if c.Kind != kind {
			return storage.ID{}, false, false
		}
		if len(c.Ref) != 16 {
			return storage.ID{}, false, true
		}
		return storage.ID(c.Ref), true, false
	}
}

// ByClientID returns errs.NotFound when there is none. Disabled clients are returned: the caller decides what they may not do.
func (c *Clients) ByClientID(ctx context.Context, id string) (*Client, error) {
	return c.byName.Get(ctx, id)
}

// ByRow returns errs.NotFound when there is none.
func (c *Clients) ByRow(ctx context.Context, id storage.ID) (*Client, error) {
	return c.byRow.Get(ctx, id)
}

func parsed(c *storage.Client, err error) (*Client, error) {
	if err != nil {
		return nil, err
	}
	return ParseClient(c)
}

// Resources finds protected resources, from memory where it may.
type Resources struct {
	byIdentifier *cache.Cache[string, *storage.Resource]
}

// NewResources returns a reader over the store.
func NewResources(store storage.ResourceReader, feed *cache.Feed, tenant storage.ID) *Resources {
	load := func(ctx context.Context, id string) (*storage.Resource, error) {
		return store.ResourceByIdentifier(ctx, tenant, id)
	}
	return &Resources{byIdentifier: cache.New(feed, 1_000, load,
		func(c storage.Change) (string, bool, bool) { return "", false, c.Kind == storage.ChangeResource })}
}

// ByIdentifier returns errs.NotFound when there is none.
func (r *Resources) ByIdentifier(ctx context.Context, identifier string) (*storage.Resource, error) {
	return r.byIdentifier.Get(ctx, identifier)
}
