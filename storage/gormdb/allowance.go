package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Allowances = (*DB)(nil)

// takeAllowance looks and counts in one statement: of uses at the same time no more get through than are left.
var takeAllowance = both("INSERT INTO allowances AS a (tenant, key, used, ends_at) VALUES (?, ?, 1, ?) ON CONFLICT (tenant, key) DO UPDATE SET " +
	"used = CASE WHEN a.ends_at <= ? THEN 1 ELSE a.used + 1 END, ends_at = CASE WHEN a.ends_at <= ? OR ? THEN excluded.ends_at ELSE a.ends_at END " +
	"WHERE a.ends_at <= ? OR a.used < ?")

// TakeAllowance implements storage.Allowances.
func (d *DB) TakeAllowance(ctx context.Context, cmd storage.TakeAllowance) (bool, error) {
	if cmd.Most <= 0 {
		return false, nil
	}
	taken := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, takeAllowance, cmd.Tenant, cmd.Key, cmd.Ends, cmd.Now, cmd.Now, cmd.Slides, cmd.Now, cmd.Most)
		taken = n == 1
		return err
	})
	return taken && err == nil, err
}

// DeleteEndedAllowances implements storage.Allowances.
func (d *DB) DeleteEndedAllowances(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "allowances", key: "key", column: "ends_at"}, before, limit)
}
