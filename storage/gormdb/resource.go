package gormdb

import (
	"context"

	"github.com/jedan-auth/jedan-auth/storage"
)

// ResourceByIdentifier implements storage.ResourceReader.
func (d *DB) ResourceByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Resource, error) {
	return one[storage.Resource](ctx, d, "tenant = ? AND identifier = ?", tenant, identifier)
}

// Resources implements storage.ResourceReader.
func (d *DB) Resources(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.Resource, error) {
	return page[storage.Resource](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertResource implements storage.ResourceWriter.
func (d *DB) InsertResource(ctx context.Context, r *storage.Resource, ev *storage.AuditEvent) error {
	return insert(ctx, d, r, r.Tenant, storage.ChangeResource, r.ID, ev)
}

// UpdateResource implements storage.ResourceWriter. Tenant, id and creation time stay; Version grows by one.
func (d *DB) UpdateResource(ctx context.Context, tenant, id storage.ID, change func(*storage.Resource) error, ev *storage.AuditEvent) (*storage.Resource, error) {
	keep := func(old, r *storage.Resource) {
		r.Tenant, r.ID, r.CreatedAt, r.Version = old.Tenant, old.ID, old.CreatedAt, old.Version+1
		r.UpdatedAt = d.touched(old.UpdatedAt, r.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangeResource, change, keep, ev)
}

// DeleteResource implements storage.ResourceWriter.
func (d *DB) DeleteResource(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.Resource](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangeResource, id, ev)
	})
}
