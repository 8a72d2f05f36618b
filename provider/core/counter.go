package core

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxCounted bounds the grants whose uses wait in memory; more are flushed at once.
const maxCounted = 10_000

// Counter counts access tokens and honest refreshes on their grants, in memory, and writes them down in batches. A client that is registered for
// it gets a durable event per token instead.
type Counter struct {
	tenant storage.ID
	store  interface {
		CountGrantUses(ctx context.Context, uses []storage.GrantUse) error
	}
	audit  Auditor
	events storage.AuditWriter
	log    *slog.Logger
	now    func() time.Time

	mu   sync.Mutex
	uses map[storage.ID]storage.GrantUse
}

// NewCounter returns a counter over the store.
func NewCounter(tenant storage.ID, store storage.GrantCounters, events storage.AuditWriter, a Auditor, log *slog.Logger, now func() time.Time) *Counter {
	return &Counter{tenant: tenant, store: store, audit: a, events: events, log: log, now: now, uses: map[storage.ID]storage.GrantUse{}}
}

// Used counts one honest use of a grant. It never fails: a counter is not worth a refused token.
func (c *Counter) Used(ctx context.Context, client *Client, g *storage.Grant) {
	c.log.LogAttrs(ctx, slog.LevelInfo, "refresh token used", slog.String("client_id", client.ClientID), slog.String("grant", g.ID.String()))
	c.mu.Lock()
	u := c.uses[g.ID]
	c.uses[g.ID] = storage.GrantUse{Tenant: c.tenant, Grant: g.ID, Uses: u.Uses + 1, UsedAt: c.now()}
	full := len(c.uses) >= maxCounted
	c.mu.Unlock()
	if full {
		if err := c.Flush(ctx); err != nil {
			c.log.WarnContext(ctx, "grant counters not written", "error", err)
		}
	}
}

// Issued writes a durable event if the client is registered for that. It comes before the token is handed out: one without its event must not
// exist, while an event of a token that never left does no harm.
func (c *Counter) Issued(ctx context.Context, client *Client, a *AccessToken) error {
	if !client.Metadata.AuditTokens {
		return nil
	}
	return c.events.AppendAudit(ctx, c.audit.Row(ctx, c.tenant, audit.Event{
		Type: "token.issue", Severity: "info", ActorKind: "client", Actor: client.ClientID, Client: client.ClientID,
		Target: "token:" + a.ID.String(), Outcome: "success",
	}))
}

// Flush writes what was counted since the last time.
func (c *Counter) Flush(ctx context.Context) error {
	c.mu.Lock()
	batch := make([]storage.GrantUse, 0, len(c.uses))
	for _, u := range c.uses {
		batch = append(batch, u)
	}
	c.uses = map[storage.ID]storage.GrantUse{}
	c.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	return c.store.CountGrantUses(ctx, batch)
}
