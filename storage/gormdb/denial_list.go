package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

// LiveDenials implements storage.Denials.
func (d *DB) LiveDenials(ctx context.Context, tenant storage.ID, now time.Time, limit int) ([]storage.Denial, error) {
	return list[storage.Denial](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND expires_at > ?", tenant, now).Order("expires_at, token_id").Limit(listLimit(limit))
	})
}
