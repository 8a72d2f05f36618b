package gormdb

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// InsertRegistered implements storage.RegisteredClients. Registrations follow each other, so that none slips in between count and insert.
func (d *DB) InsertRegistered(ctx context.Context, c *storage.Client, most int, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, c.Tenant, "registered clients"); err != nil {
			return err
		}
		var n int64
		standing := t.orm(ctx).Model(&storage.Client{}).Where("tenant = ? AND registration_hash IS NOT NULL", c.Tenant)
		if err := standing.Count(&n).Error; err != nil {
			return err
		}
		if n >= int64(most) {
			return errs.New(errs.Throttled, "No more clients can be registered here.")
		}
		if err := t.orm(ctx).Create(c).Error; err != nil {
			return err
		}
		return t.record(ctx, c.Tenant, storage.ChangeClient, c.ID, ev)
	})
}
