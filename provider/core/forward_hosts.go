package core

import (
	"context"
	"net/http"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Forbidden is what a proxy is told with 403.
func Forbidden() *fosite.RFC6749Error { return protocolError("access_denied", http.StatusForbidden) }

// ForwardHosts finds the application of a protected host, from memory where it may.
type ForwardHosts struct {
	clients *Clients
	names   *cache.One[map[string]string]
}

// NewForwardHosts gathers them from all clients. It is read again when any client changed.
func NewForwardHosts(clients *Clients, store storage.ClientReader, feed *cache.Feed, tenant storage.ID) *ForwardHosts {
	load := func(ctx context.Context) (map[string]string, error) {
		out := map[string]string{}
		err := eachClient(ctx, store, tenant, func(c *storage.Client) { addHosts(out, c) })
		return out, err
	}
	return &ForwardHosts{clients: clients, names: cache.NewOne(feed, load, func(c storage.Change) bool { return c.Kind == storage.ChangeClient })}
}

// addHosts leaves out, as "", a host that two applications claim: whose it is must not depend on their order.
func addHosts(to map[string]string, c *storage.Client) {
	if c.Metadata.Forward == nil {
		return
	}
	for _, host := range c.Metadata.Forward.Hosts {
		name := c.ClientID
		if _, taken := to[host]; taken {
			name = ""
		}
		to[host] = name
	}
}

// Client is the application of a host; errs.NotFound when there is none, or more than one.
func (h *ForwardHosts) Client(ctx context.Context, host string) (*Client, error) {
	all, err := h.names.Get(ctx)
	if err != nil {
		return nil, err
	}
	name := all[host]
	if name == "" {
		return nil, errs.New(errs.NotFound, "")
	}
	c, err := h.clients.ByClientID(ctx, name)
	if err == nil && c.Metadata.Forward == nil {
		err = errs.New(errs.NotFound, "")
	}
	return c, err
}
