package core

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Tile is an application that can be opened from a person's own pages.
type Tile struct {
	Client *Client
	URL    string // https, or what the operator registered
}

// maxTiles bounds what one page shows.
const maxTiles = 200

// Tiles are the applications that a sign-in can be started at: their initiate_login_uri (OpenID Connect Core section 4), or the host of one behind a proxy.
// Those that registered themselves are left out: nobody here has looked at them.
type Tiles struct {
	issuer string
	live   *Live
	all    *cache.One[[]Tile]
}

// NewTiles gathers them from all clients. It is read again when any client changed.
func NewTiles(issuer string, clients *Clients, live *Live, store storage.ClientReader, feed *cache.Feed, tenant storage.ID) *Tiles {
	t := &Tiles{issuer: issuer, live: live}
	load := func(ctx context.Context) ([]Tile, error) {
		var out []Tile
		err := eachClient(ctx, store, tenant, func(c *storage.Client) {
			if c.Disabled || c.Metadata.Unvetted {
				return
			}
			parsed, err := clients.parsed(new(*c), nil)
			if err != nil || parsed.Contradiction != "" {
				return
			}
			if to := t.address(parsed); to != "" {
				out = append(out, Tile{Client: parsed, URL: to})
			}
		})
		slices.SortFunc(out, func(a, b Tile) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.Client.Name()), strings.ToLower(b.Client.Name())), cmp.Compare(a.Client.ClientID, b.Client.ClientID))
		})
		return out, err
	}
	t.all = cache.NewOne(feed, load, func(c storage.Change) bool { return c.Kind == storage.ChangeClient })
	return t
}

func (t *Tiles) address(c *Client) string {
	if to := c.StartURL(t.issuer); to != "" || c.Metadata.Forward == nil {
		return to
	}
	host := c.Metadata.Forward.Hosts[0]
	return ForwardScheme(host) + "://" + host + "/"
}

// Of are those that a person may use.
func (t *Tiles) Of(ctx context.Context, p *storage.Person) ([]Tile, error) {
	all, err := t.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	var out []Tile
	for _, tile := range all {
		ok, err := t.live.Permitted(ctx, tile.Client, p)
		if err != nil {
			return nil, err
		}
		if ok && len(out) < maxTiles {
			out = append(out, tile)
		}
	}
	return out, nil
}
