package core

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// pageOfClients is how many clients are read at once when origins are gathered.
const pageOfClients = 500

// newOrigins gathers the origins of every client's redirect URIs, for CORS. It is read again when any client changed.
func newOrigins(store storage.ClientReader, feed *cache.Feed, tenant storage.ID) *cache.One[map[string]bool] {
	load := func(ctx context.Context) (map[string]bool, error) {
		out := map[string]bool{}
		err := eachClient(ctx, store, tenant, func(c *storage.Client) { addOrigins(out, c) })
		return out, err
	}
	return cache.NewOne(feed, load, func(c storage.Change) bool { return c.Kind == storage.ChangeClient })
}

// eachClient visits all registered clients.
func eachClient(ctx context.Context, store storage.ClientReader, tenant storage.ID, visit func(c *storage.Client)) error {
	for after := (storage.ID{}); ; {
		page, err := store.Clients(ctx, tenant, after, pageOfClients)
		if err != nil {
			return err
		}
		for i := range page {
			visit(&page[i])
			after = page[i].ID
		}
		if len(page) < pageOfClients {
			return nil
		}
	}
}

func addOrigins(to map[string]bool, c *storage.Client) {
	if c.Disabled {
		return
	}
	for _, uri := range c.Metadata.RedirectURIs {
		if o := Origin(uri); o != "" {
			to[o] = true
		}
	}
}

// OriginAllowed reports whether scripts of an origin may read the answers of token, UserInfo and revocation: those of redirect URIs may. Without an
// answer from the database the answer is no.
func (c *Clients) OriginAllowed(ctx context.Context, origin string) bool {
	all, err := c.origins.Get(ctx)
	return err == nil && all[origin]
}
