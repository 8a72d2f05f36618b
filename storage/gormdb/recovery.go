package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.Recoveries    = (*DB)(nil)
	_ storage.RecoverySteps = (*DB)(nil)
)

const (
	standing   = " AND ended_at IS NULL AND expires_at > ?"
	recovering = " AND EXISTS (SELECT 1 FROM people WHERE tenant = recoveries.tenant AND id = recoveries.person AND state = 'active' AND NOT admin)"
)

var (
	expireRecovery = both("UPDATE recoveries SET ended_at = ?, outcome = 'expired' WHERE tenant = ? AND person = ? AND ended_at IS NULL AND expires_at <= ?")
	beginRecovery  = both(`INSERT INTO recoveries (tenant, id, person, email_hash, created_at, remind_at, ready_at, expires_at, outcome)
SELECT ?, ?, id, ?, ?, ?, ?, ?, '' FROM people WHERE tenant = ? AND id = ? AND state = 'active' AND NOT admin
ON CONFLICT (tenant, person) WHERE ended_at IS NULL DO NOTHING`)
	endRecovery      = both("UPDATE recoveries SET ended_at = ?, outcome = ? WHERE tenant = ? AND id = ? AND person = ?" + standing)
	endRecoveryOf    = both("UPDATE recoveries SET ended_at = ?, outcome = ? WHERE tenant = ? AND person = ?" + standing)
	useRecovery      = both("UPDATE recoveries SET ended_at = ?, outcome = ? WHERE tenant = ? AND id = ? AND person = ?" + standing + " AND ready_at <= ?" + recovering)
	remindOfRecovery = both("UPDATE recoveries SET reminded_at = ? WHERE tenant = ? AND id = ?" + standing + " AND reminded_at IS NULL AND remind_at <= ?")
	openRecovery     = both("UPDATE recoveries SET opened_at = ? WHERE tenant = ? AND id = ?" + standing + " AND opened_at IS NULL AND ready_at <= ?")
)

// BeginRecovery implements storage.Recoveries.
func (d *DB) BeginRecovery(ctx context.Context, r *storage.Recovery, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		if _, err := t.exec(ctx, expireRecovery, r.CreatedAt, r.Tenant, r.Person, r.CreatedAt); err != nil {
			return 0, err
		}
		return t.exec(ctx, beginRecovery, r.Tenant, r.ID, r.EmailHash, r.CreatedAt, r.RemindAt, r.ReadyAt, r.ExpiresAt, r.Tenant, r.Person)
	})
}

// RecoveryOf implements storage.Recoveries.
func (d *DB) RecoveryOf(ctx context.Context, tenant, person storage.ID, now time.Time) (*storage.Recovery, error) {
	return one[storage.Recovery](ctx, d, "tenant = ? AND person = ?"+standing, tenant, person, now)
}

// RecoveryByID implements storage.Recoveries.
func (d *DB) RecoveryByID(ctx context.Context, tenant, id storage.ID, now time.Time) (*storage.Recovery, error) {
	return one[storage.Recovery](ctx, d, "tenant = ? AND id = ?"+standing, tenant, id, now)
}

// EndRecovery implements storage.Recoveries.
func (d *DB) EndRecovery(ctx context.Context, cmd storage.EndRecovery, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		switch {
		case cmd.ID.IsZero():
			return t.exec(ctx, endRecoveryOf, cmd.Now, string(cmd.Outcome), cmd.Tenant, cmd.Person, cmd.Now)
		case cmd.Outcome == storage.RecoveryUsed:
			return t.exec(ctx, useRecovery, cmd.Now, string(cmd.Outcome), cmd.Tenant, cmd.ID, cmd.Person, cmd.Now, cmd.Now)
		}
		return t.exec(ctx, endRecovery, cmd.Now, string(cmd.Outcome), cmd.Tenant, cmd.ID, cmd.Person, cmd.Now)
	})
}

// DueRecoveries implements storage.RecoverySteps.
func (d *DB) DueRecoveries(ctx context.Context, tenant storage.ID, now time.Time, limit int) ([]storage.Recovery, error) {
	return list[storage.Recovery](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND remind_at <= ? AND ended_at IS NULL AND expires_at > ? AND (reminded_at IS NULL OR (opened_at IS NULL AND ready_at <= ?))",
			tenant, now, now, now).Order("remind_at").Limit(listLimit(limit))
	})
}

// RemindRecovery implements storage.RecoverySteps.
func (d *DB) RemindRecovery(ctx context.Context, tenant, id storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		return t.exec(ctx, remindOfRecovery, now, tenant, id, now, now)
	})
}

// OpenRecovery implements storage.RecoverySteps.
func (d *DB) OpenRecovery(ctx context.Context, tenant, id storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		return t.exec(ctx, openRecovery, now, tenant, id, now, now)
	})
}

// DeleteOldRecoveries implements storage.RecoverySteps.
func (d *DB) DeleteOldRecoveries(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "recoveries", key: "id", column: "expires_at"}, before, limit)
}
