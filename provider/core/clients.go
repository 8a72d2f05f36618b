package core

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Clients finds registered clients, from memory where it may.
type Clients struct {
	tenant storage.ID
	keys   RemoteKeys
	server profiles.Server
	byName *cache.Cache[string, *Client]
	byRow  *cache.Cache[storage.ID, *Client]

	origins      *cache.One[map[string]bool]
	descriptions Descriptions // nil: nobody describes themselves
}

// NewClients returns a reader over the store. A change to any client drops the lookups by name, since its name is not in the change. keys finds keys
// that are registered by reference; nil finds none.
func NewClients(store storage.ClientReader, feed *cache.Feed, tenant storage.ID, keys RemoteKeys) *Clients {
	c := &Clients{tenant: tenant, keys: keys, origins: newOrigins(store, feed, tenant)}
	c.byName = cache.New(feed, 10_000, func(ctx context.Context, id string) (*Client, error) {
		return c.parsed(store.ClientByClientID(ctx, tenant, id))
	}, func(ch storage.Change) (string, bool, bool) { return "", false, ch.Kind == storage.ChangeClient })
	c.byRow = cache.New(feed, 10_000, func(ctx context.Context, id storage.ID) (*Client, error) {
		return c.parsed(store.ClientByID(ctx, tenant, id))
	}, RowTouches(storage.ChangeClient))
	return c
}

// Under says what profile every client is under, beside its own. It is called before c is used.
func (c *Clients) Under(s profiles.Server) *Clients {
	c.server = s
	return c
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
	if c.descriptions != nil && c.descriptions.Names(id) {
		return c.described(ctx, id)
	}
	return c.byName.Get(ctx, id)
}

// ByRow returns errs.NotFound when there is none.
func (c *Clients) ByRow(ctx context.Context, id storage.ID) (*Client, error) {
	client, err := c.byRow.Get(ctx, id)
	if c.descriptions != nil && errs.Is(err, errs.NotFound) {
		if row, ok := c.descriptions.Row(id); ok {
			return c.parsed(row, nil)
		}
	}
	return client, err
}

func (c *Clients) parsed(row *storage.Client, err error) (*Client, error) {
	if err != nil {
		return nil, err
	}
	out, err := parseClient(row, c.server)
	if err == nil {
		out.remote = c.keys
	}
	return out, err
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
