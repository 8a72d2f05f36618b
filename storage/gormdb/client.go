package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// ClientByClientID implements storage.ClientReader.
func (d *DB) ClientByClientID(ctx context.Context, tenant storage.ID, clientID string) (*storage.Client, error) {
	return one[storage.Client](ctx, d, "tenant = ? AND client_id = ?", tenant, clientID)
}

// ClientByID implements storage.ClientReader.
func (d *DB) ClientByID(ctx context.Context, tenant, id storage.ID) (*storage.Client, error) {
	return one[storage.Client](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// Clients implements storage.ClientReader.
func (d *DB) Clients(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.Client, error) {
	return page[storage.Client](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertClient implements storage.ClientWriter.
func (d *DB) InsertClient(ctx context.Context, c *storage.Client, ev *storage.AuditEvent) error {
	return insert(ctx, d, c, c.Tenant, storage.ChangeClient, c.ID, ev)
}

// UpdateClient implements storage.ClientWriter. Tenant, id and creation time stay; Version grows by one.
func (d *DB) UpdateClient(ctx context.Context, tenant, id storage.ID, change func(*storage.Client) error, ev *storage.AuditEvent) (*storage.Client, error) {
	keep := func(old, c *storage.Client) {
		c.Tenant, c.ID, c.CreatedAt, c.Version = old.Tenant, old.ID, old.CreatedAt, old.Version+1
		c.UpdatedAt = d.touched(old.UpdatedAt, c.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangeClient, change, keep, ev)
}

// DeleteClient implements storage.ClientWriter.
func (d *DB) DeleteClient(ctx context.Context, tenant, id storage.ID, now time.Time, ev *storage.AuditEvent) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.Client](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		if err := t.deleteConsents(ctx, tenant, "client = ?", id); err != nil {
			return err
		}
		if _, err := t.revoke(ctx, storage.ChangeGrant, tenant, now, "client_deleted", "client = ?", id); err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangeClient, id, ev)
	})
}

// touched is the new UpdatedAt: what the change set, or now.
func (d *DB) touched(old, set time.Time) time.Time {
	if set.Equal(old) {
		return d.now()
	}
	return set
}
