package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.Erasures    = (*DB)(nil)
	_ storage.DueErasures = (*DB)(nil)
)

var (
	insertErasure = both("INSERT INTO erasures (tenant, person, due_at, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, person) DO NOTHING")
	deleteErasure = both("DELETE FROM erasures WHERE tenant = ? AND person = ?")
	takeErasure   = both("DELETE FROM erasures WHERE tenant = ? AND person = ? AND due_at <= ?")
)

// InsertErasure implements storage.Erasures.
func (d *DB) InsertErasure(ctx context.Context, e *storage.Erasure, ev *storage.AuditEvent) (bool, error) {
	return d.changeErasure(ctx, ev, insertErasure, e.Tenant, e.Person, e.DueAt, e.CreatedAt)
}

// ErasureOf implements storage.Erasures.
func (d *DB) ErasureOf(ctx context.Context, tenant, person storage.ID) (*storage.Erasure, error) {
	return one[storage.Erasure](ctx, d, "tenant = ? AND person = ?", tenant, person)
}

// DeleteErasure implements storage.Erasures.
func (d *DB) DeleteErasure(ctx context.Context, tenant, person storage.ID, ev *storage.AuditEvent) (bool, error) {
	return d.changeErasure(ctx, ev, deleteErasure, tenant, person)
}

// DueErasures implements storage.DueErasures.
func (d *DB) DueErasures(ctx context.Context, tenant storage.ID, now time.Time, limit int) ([]storage.Erasure, error) {
	return list[storage.Erasure](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND due_at <= ?", tenant, now).Order("due_at").Limit(listLimit(limit))
	})
}

// TakeErasure implements storage.DueErasures.
func (d *DB) TakeErasure(ctx context.Context, tenant, person storage.ID, now time.Time) (bool, error) {
	return d.changeErasure(ctx, nil, takeErasure, tenant, person, now)
}

// changeErasure is one statement; the event follows only if it hit.
func (d *DB) changeErasure(ctx context.Context, ev *storage.AuditEvent, q query, args ...any) (hit bool, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, q, args...)
		if hit = n == 1; err != nil || !hit {
			return err
		}
		return t.audit(ctx, ev)
	})
	return hit && err == nil, err
}
