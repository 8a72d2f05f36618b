package gormdb

import (
	"context"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.ConnectorReader = (*DB)(nil)
	_ storage.ConnectorWriter = (*DB)(nil)
)

// ConnectorByName implements storage.ConnectorReader.
func (d *DB) ConnectorByName(ctx context.Context, tenant storage.ID, name string) (*storage.Connector, error) {
	return one[storage.Connector](ctx, d, "tenant = ? AND name = ?", tenant, name)
}

// ConnectorByID implements storage.ConnectorReader.
func (d *DB) ConnectorByID(ctx context.Context, tenant, id storage.ID) (*storage.Connector, error) {
	return one[storage.Connector](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// Connectors implements storage.ConnectorReader.
func (d *DB) Connectors(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.Connector, error) {
	return page[storage.Connector](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertConnector implements storage.ConnectorWriter.
func (d *DB) InsertConnector(ctx context.Context, c *storage.Connector, ev *storage.AuditEvent) error {
	return insert(ctx, d, c, c.Tenant, storage.ChangeConnector, c.ID, ev)
}

// UpdateConnector implements storage.ConnectorWriter. Name, kind and where it comes from never change.
func (d *DB) UpdateConnector(ctx context.Context, tenant, id storage.ID, change func(*storage.Connector) error, ev *storage.AuditEvent) (*storage.Connector, error) {
	keep := func(old, c *storage.Connector) {
		c.Tenant, c.ID, c.Name, c.Kind, c.Managed, c.CreatedAt, c.Version = old.Tenant, old.ID, old.Name, old.Kind, old.Managed, old.CreatedAt, old.Version+1
		c.UpdatedAt = d.touched(old.UpdatedAt, c.UpdatedAt)
	}
	return update(ctx, d, tenant, id, storage.ChangeConnector, change, keep, ev)
}

// ofConnector are the tables that keep what is a connector's.
func ofConnector() []query {
	return []query{
		both("DELETE FROM links WHERE tenant = ? AND connector = ?"), both("DELETE FROM directory_entries WHERE tenant = ? AND connector = ?"),
		both("DELETE FROM directory_syncs WHERE tenant = ? AND connector = ?"),
	}
}

// DeleteConnector implements storage.ConnectorWriter.
func (d *DB) DeleteConnector(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.Connector](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		for _, q := range ofConnector() {
			if _, err := t.exec(ctx, q, tenant, id); err != nil {
				return err
			}
		}
		return t.record(ctx, tenant, storage.ChangeConnector, id, ev)
	})
}
