package gormdb

import (
	"context"
	"time"

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

// unused is a client that registered itself and that nothing stands on.
const unused = "tenant = ? AND registration_hash IS NOT NULL AND version = 1 " +
	"AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.tenant = clients.tenant AND g.client = clients.id) " +
	"AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.tenant = clients.tenant AND c.client = clients.id)"

// UnusedRegistered implements storage.RegisteredClients.
func (d *DB) UnusedRegistered(ctx context.Context, tenant storage.ID, before time.Time, after storage.ID, limit int) ([]storage.Client, error) {
	return page[storage.Client](ctx, d, after, limit, unused+" AND created_at < ?", tenant, before)
}

var deleteUnused = both("DELETE FROM clients WHERE " + unused + " AND id = ?")

// DeleteUnused implements storage.RegisteredClients.
func (d *DB) DeleteUnused(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) (bool, error) {
	gone := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, deleteUnused, tenant, id)
		if gone = n == 1; err != nil || !gone {
			return err
		}
		return t.record(ctx, tenant, storage.ChangeClient, id, ev)
	})
	return gone && err == nil, err
}
