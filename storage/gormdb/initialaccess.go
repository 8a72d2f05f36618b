package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// InitialAccessByID implements storage.InitialAccessReader.
func (d *DB) InitialAccessByID(ctx context.Context, tenant, id storage.ID) (*storage.InitialAccess, error) {
	return one[storage.InitialAccess](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

// InitialAccesses implements storage.InitialAccessReader.
func (d *DB) InitialAccesses(ctx context.Context, tenant, after storage.ID, limit int) ([]storage.InitialAccess, error) {
	return page[storage.InitialAccess](ctx, d, after, limit, "tenant = ?", tenant)
}

// InsertInitialAccess implements storage.InitialAccessWriter. No cache keeps tokens, so there is no change row.
func (d *DB) InsertInitialAccess(ctx context.Context, a *storage.InitialAccess, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.orm(ctx).Create(a).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// DeleteInitialAccess implements storage.InitialAccessWriter; errs.NotFound when there is none.
func (d *DB) DeleteInitialAccess(ctx context.Context, tenant, id storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := remove[storage.InitialAccess](t.orm(ctx), tenant, id); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

var spendInitialAccess = both("UPDATE initial_access_tokens SET uses_left = CASE WHEN uses_left > 0 THEN uses_left - 1 ELSE uses_left END " +
	"WHERE tenant = ? AND id = ? AND uses_left <> 0 AND expires_at > ?")

// SpendInitialAccess implements storage.InitialAccessSpender.
func (d *DB) SpendInitialAccess(ctx context.Context, tenant, id storage.ID, now time.Time) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, spendInitialAccess, tenant, id, now)
		hit = n == 1
		return err
	})
	return hit && err == nil, err
}

// DeleteExpiredInitialAccess implements storage.InitialAccessWriter.
func (d *DB) DeleteExpiredInitialAccess(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "initial_access_tokens", key: "id", column: "expires_at"}, before, limit)
}
