package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	dropCodes = both("DELETE FROM backup_codes WHERE tenant = ? AND person = ?")
	spendCode = both("UPDATE backup_codes SET used_at = ? WHERE tenant = ? AND person = ? AND used_at IS NULL AND hash = ?")

	forgetFailures = both("DELETE FROM factor_failures WHERE tenant = ? AND person = ? AND kind = ?")
	takeTry        = both("INSERT INTO factor_failures (tenant, person, kind, failures, next_at) VALUES (?, ?, ?, 1, ?) " +
		"ON CONFLICT (tenant, person, kind) DO UPDATE SET failures = factor_failures.failures + 1 WHERE factor_failures.next_at <= ? RETURNING failures")
	nextTry   = both("SELECT next_at FROM factor_failures WHERE tenant = ? AND person = ? AND kind = ?")
	beginWait = both("UPDATE factor_failures SET next_at = ? WHERE tenant = ? AND person = ? AND kind = ?")
)

// ReplaceBackupCodes implements storage.BackupCodes.
func (d *DB) ReplaceBackupCodes(ctx context.Context, tenant, person storage.ID, codes []storage.BackupCode, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPerson(ctx, tenant, person); err != nil {
			return err
		}
		if _, err := t.exec(ctx, dropCodes, tenant, person); err != nil {
			return err
		}
		for i := range codes {
			if err := t.orm(ctx).Create(&codes[i]).Error; err != nil {
				return err
			}
		}
		return t.audit(ctx, ev)
	})
}

// SpendBackupCode implements storage.BackupCodes.
func (d *DB) SpendBackupCode(ctx context.Context, tenant, person storage.ID, hashes [][]byte, now time.Time, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		for _, h := range hashes {
			n, err := t.exec(ctx, spendCode, now, tenant, person, h)
			if err != nil {
				return 0, err
			}
			if n == 1 {
				_, err = t.exec(ctx, forgetFailures, tenant, person, storage.KindBackup)
				return n, err
			}
		}
		return 0, nil
	})
}

// BackupCodesOf implements storage.BackupCodes.
func (d *DB) BackupCodesOf(ctx context.Context, tenant, person storage.ID) ([]storage.BackupCode, error) {
	return list[storage.BackupCode](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND person = ?", tenant, person).Order("id") })
}

// clocksApart is how far the clocks of two nodes may be apart: the first try begins no wait, on neither.
const clocksApart = time.Minute

// TakeTry implements storage.FactorTries. The increment is the check: the row is locked from there on, so the wait belongs to this very count.
func (d *DB) TakeTry(ctx context.Context, cmd storage.TakeTry, ev *storage.AuditEvent) (ok bool, wait time.Duration, err error) {
	err = d.write(ctx, func(ctx context.Context, t *tx) error {
		failures := 0
		err := t.conn.QueryRowContext(ctx, takeTry.on(d.dialect), cmd.Tenant, cmd.Person, cmd.Kind, cmd.Now.Add(-clocksApart), cmd.Now).Scan(&failures)
		if ok = err == nil; errors.Is(err, sql.ErrNoRows) {
			var next time.Time
			if err := t.conn.QueryRowContext(ctx, nextTry.on(d.dialect), cmd.Tenant, cmd.Person, cmd.Kind).Scan(&next); err != nil {
				return err
			}
			wait = max(next.Sub(cmd.Now), time.Second)
			return nil
		}
		if err != nil || failures < cmd.Free {
			return err
		}
		if _, err := t.exec(ctx, beginWait, cmd.Now.Add(waitAfter(cmd, failures)), cmd.Tenant, cmd.Person, cmd.Kind); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
	return ok && err == nil, wait, err
}

// waitAfter doubles with each failure beyond those that were free.
func waitAfter(cmd storage.TakeTry, failures int) time.Duration {
	wait := cmd.First
	for n := cmd.Free; n < failures && wait < cmd.Longest; n++ {
		wait *= 2
	}
	return min(wait, cmd.Longest)
}

// ForgetFailures implements storage.FactorTries.
func (d *DB) ForgetFailures(ctx context.Context, tenant, person storage.ID, kind string) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, forgetFailures, tenant, person, kind)
		return err
	})
}

// FailuresOf implements storage.FactorTries.
func (d *DB) FailuresOf(ctx context.Context, tenant, person storage.ID) ([]storage.FactorFailures, error) {
	return list[storage.FactorFailures](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND person = ?", tenant, person).Order("kind") })
}
