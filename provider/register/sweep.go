package register

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// sweepBatch is how many clients are looked at at a time.
const sweepBatch = 500

// SweepUnused removes clients that strangers registered before the given time and that nobody has authorized since, so that those who register only to
// fill this server up do not keep others out. Clients that act for themselves are no business of people, and stay.
func (r *Registrar) SweepUnused(ctx context.Context, before time.Time) error {
	for after := (storage.ID{}); ; {
		rows, err := r.d.Store.UnusedRegistered(ctx, r.d.Tenant, before, after, sweepBatch)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := r.sweepUnused(ctx, &rows[i]); err != nil {
				return err
			}
			after = rows[i].ID
		}
		if len(rows) < sweepBatch {
			return nil
		}
	}
}

func (r *Registrar) sweepUnused(ctx context.Context, c *storage.Client) error {
	if !c.Metadata.Unvetted || (candidate{ClientMetadata: &c.Metadata}).actsAlone() {
		return nil
	}
	ev := r.event(ctx, audit.ClientDelete, c.ClientID, Actor{Kind: audit.System, ID: "sweep"}, map[string]any{"unused": true})
	_, err := r.d.Store.DeleteUnused(ctx, r.d.Tenant, c.ID, ev)
	return err
}

// actsAlone reports whether the client gets tokens without any person.
func (c candidate) actsAlone() bool { return slices.Contains(c.GrantTypes, grantClient) }
