package gormdb

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// SigningKeys implements storage.SigningKeys, oldest first.
func (d *DB) SigningKeys(ctx context.Context, tenant storage.ID) ([]storage.SigningKey, error) {
	return list[storage.SigningKey](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ?", tenant).Order("activates_at, id") })
}

// RotateSigningKey implements storage.SigningKeys.
func (d *DB) RotateSigningKey(ctx context.Context, next *storage.SigningKey, knownNewest storage.ID, retires, expires time.Time, ev *storage.AuditEvent) (bool, error) {
	done := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		done = false
		if err := t.lock(ctx, next.Tenant, "signing_keys"); err != nil {
			return err
		}
		newest, err := t.newestSigningKey(ctx, next)
		if err != nil || newest != knownNewest {
			return err // another node rotated first
		}
		done = true
		return t.rotateSigningKey(ctx, next, retires, expires, ev)
	})
	return done && err == nil, err
}

func (t *tx) rotateSigningKey(ctx context.Context, next *storage.SigningKey, retires, expires time.Time, ev *storage.AuditEvent) error {
	retired, err := t.ids(ctx, retireSigningKeys, retires, expires, next.Tenant, next.Algorithm)
	if err != nil {
		return err
	}
	if err := t.orm(ctx).Create(next).Error; err != nil {
		return err
	}
	if err := t.changedIDs(ctx, next.Tenant, storage.ChangeKey, append(retired, next.ID)...); err != nil {
		return err
	}
	return t.audit(ctx, ev)
}

var retireSigningKeys = both("UPDATE signing_keys SET retires_at = ?, expires_at = ? " +
	"WHERE tenant = ? AND algorithm = ? AND retires_at IS NULL AND revoked_at IS NULL RETURNING id")

func (t *tx) newestSigningKey(ctx context.Context, like *storage.SigningKey) (storage.ID, error) {
	var k storage.SigningKey
	err := t.orm(ctx).Where("tenant = ? AND algorithm = ?", like.Tenant, like.Algorithm).Order("activates_at DESC, id DESC").Take(&k).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return storage.ID{}, nil
	}
	return k.ID, err
}

// DeleteExpiredSigningKeys implements storage.SigningKeys.
func (d *DB) DeleteExpiredSigningKeys(ctx context.Context, now time.Time) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "signing_keys", key: "id", column: "expires_at"}, now, 0)
}

// lock makes transactions of one tenant and purpose follow each other. SQLite's do anyway.
func (t *tx) lock(ctx context.Context, tenant storage.ID, purpose string) error {
	if t.db.dialect != migrations.Postgres {
		return nil
	}
	_, err := t.conn.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", purpose+" "+tenant.String())
	return err
}
