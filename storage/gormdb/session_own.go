package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.OwnSessions = (*DB)(nil)

// LiveSessionsOf implements storage.OwnSessions.
func (d *DB) LiveSessionsOf(ctx context.Context, tenant, person storage.ID, now, seenAfter time.Time, limit int) ([]storage.Session, error) {
	return list[storage.Session](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ? AND revoked_at IS NULL AND expires_at > ? AND last_seen_at > ?", tenant, person, now, seenAfter).
			Order("id DESC").Limit(listLimit(limit))
	})
}
