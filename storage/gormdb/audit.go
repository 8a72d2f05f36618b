package gormdb

import (
	"context"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

// AppendAudit implements storage.AuditWriter. All events are written, or none.
func (d *DB) AppendAudit(ctx context.Context, evs ...*storage.AuditEvent) error {
	if len(evs) == 0 {
		return nil
	}
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		for _, ev := range evs {
			if err := t.audit(ctx, ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// AuditEvents implements storage.AuditReader.
func (d *DB) AuditEvents(ctx context.Context, tenant storage.ID, f storage.AuditFilter) ([]storage.AuditEvent, error) {
	for _, want := range []string{f.Type, f.Actor, f.Target, f.Client} {
		if !isText(want) {
			return nil, nil // it cannot have been stored
		}
	}
	return list[storage.AuditEvent](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where("tenant = ?", tenant).Where(&storage.AuditEvent{Type: f.Type, Actor: f.Actor, Target: f.Target, Client: f.Client})
		if !f.Since.IsZero() {
			g = g.Where("time >= ?", f.Since)
		}
		if !f.Until.IsZero() {
			g = g.Where("time < ?", f.Until)
		}
		return auditOrder(g, f).Limit(listLimit(f.Limit))
	})
}

func auditOrder(g *gorm.DB, f storage.AuditFilter) *gorm.DB {
	order, after := "id", "id > ?"
	if f.Newest {
		order, after = "id DESC", "id < ?"
	}
	if !f.After.IsZero() {
		g = g.Where(after, f.After)
	}
	return g.Order(order)
}
