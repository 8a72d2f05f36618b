package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Ledger = (*DB)(nil)

// NewestConsents implements storage.Ledger.
func (d *DB) NewestConsents(ctx context.Context, tenant, person storage.ID, limit int) ([]storage.Consent, error) {
	return list[storage.Consent](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ?", tenant, person).Order("updated_at DESC, id DESC").Limit(listLimit(limit))
	})
}

// LiveGrantsOf implements storage.Ledger.
func (d *DB) LiveGrantsOf(ctx context.Context, tenant, person storage.ID, now time.Time, limit int) ([]storage.Grant, error) {
	return list[storage.Grant](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ? AND revoked_at IS NULL AND expires_at > ?", tenant, person, now).Order("id DESC").Limit(listLimit(limit))
	})
}
