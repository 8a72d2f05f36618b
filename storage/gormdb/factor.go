package gormdb

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// FactorsOf implements storage.FactorReader.
func (d *DB) FactorsOf(ctx context.Context, tenant, person storage.ID) ([]storage.Factor, error) {
	return many[storage.Factor](ctx, d, "tenant = ? AND person = ? ORDER BY id", tenant, person)
}

// FactorByID implements storage.FactorReader.
func (d *DB) FactorByID(ctx context.Context, tenant, id storage.ID) (*storage.Factor, error) {
	return one[storage.Factor](ctx, d, "tenant = ? AND id = ?", tenant, id)
}

var (
	countFactors  = both("SELECT count(*) FROM factors WHERE tenant = ? AND person = ? AND kind = ? AND state = 'confirmed'")
	dropPending   = both("DELETE FROM factors WHERE tenant = ? AND person = ? AND kind = ? AND state = 'pending'")
	confirmFactor = both("UPDATE factors SET state = 'confirmed', confirmed_at = ?, last_step = ?, name = ? " +
		"WHERE tenant = ? AND id = ? AND person = ? AND state = 'pending' AND created_at >= ?")
	renameFactor = both("UPDATE factors SET name = ? WHERE tenant = ? AND id = ? AND person = ? AND state = 'confirmed'")
	deleteFactor = both("DELETE FROM factors WHERE tenant = ? AND id = ? AND person = ?")
	spendStep    = both("UPDATE factors SET last_step = ?, last_used_at = ? " +
		"WHERE tenant = ? AND id = ? AND person = ? AND kind = ? AND state = 'confirmed' AND last_step < ?")
)

// lockPerson keeps two changes to one person's factors apart; errs.NotFound when there is no such person.
func (t *tx) lockPerson(ctx context.Context, tenant, person storage.ID) error {
	return t.orm(ctx).Clauses(forUpdate()).Where("tenant = ? AND id = ?", tenant, person).Take(new(storage.Person)).Error
}

// InsertFactor implements storage.FactorWriter.
func (d *DB) InsertFactor(ctx context.Context, f *storage.Factor, limit int, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPerson(ctx, f.Tenant, f.Person); err != nil {
			return err
		}
		have := 0
		if err := t.conn.QueryRowContext(ctx, countFactors.on(d.dialect), f.Tenant, f.Person, f.Kind).Scan(&have); err != nil {
			return err
		}
		if have >= limit {
			return errs.New(errs.Conflict, "There are as many of this kind as there may be. Remove one first.")
		}
		if f.State == storage.FactorPending {
			if _, err := t.exec(ctx, dropPending, f.Tenant, f.Person, f.Kind); err != nil {
				return err
			}
		}
		if err := t.orm(ctx).Create(f).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// ConfirmFactor implements storage.FactorWriter.
func (d *DB) ConfirmFactor(ctx context.Context, cmd storage.ConfirmFactor, ev *storage.AuditEvent) (bool, error) {
	return d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) {
		return t.exec(ctx, confirmFactor, cmd.Now, cmd.Step, cmd.Name, cmd.Tenant, cmd.Factor, cmd.Person, cmd.Since)
	})
}

// onceWith runs a conditional statement; where it hit, the event is written with it.
func (d *DB) onceWith(ctx context.Context, ev *storage.AuditEvent, do func(ctx context.Context, t *tx) (int64, error)) (bool, error) {
	hit := false
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := do(ctx, t)
		if hit = n == 1; err != nil || !hit {
			return err
		}
		return t.audit(ctx, ev)
	})
	return hit && err == nil, err
}

// must is onceWith where nothing hit is errs.NotFound.
func (d *DB) must(ctx context.Context, ev *storage.AuditEvent, q query, args ...any) error {
	hit, err := d.onceWith(ctx, ev, func(ctx context.Context, t *tx) (int64, error) { return t.exec(ctx, q, args...) })
	if err == nil && !hit {
		return errs.New(errs.NotFound, "There is nothing here.")
	}
	return err
}

// RenameFactor implements storage.FactorWriter.
func (d *DB) RenameFactor(ctx context.Context, tenant, person, id storage.ID, name seal.Text, ev *storage.AuditEvent) error {
	return d.must(ctx, ev, renameFactor, name, tenant, id, person)
}

// DeleteFactor implements storage.FactorWriter.
func (d *DB) DeleteFactor(ctx context.Context, tenant, person, id storage.ID, ev *storage.AuditEvent) error {
	return d.must(ctx, ev, deleteFactor, tenant, id, person)
}

// SpendStep implements storage.FactorSpender.
func (d *DB) SpendStep(ctx context.Context, cmd storage.SpendStep) (bool, error) {
	return d.onceWith(ctx, nil, func(ctx context.Context, t *tx) (int64, error) {
		n, err := t.exec(ctx, spendStep, cmd.Step, cmd.Now, cmd.Tenant, cmd.Factor, cmd.Person, cmd.Kind, cmd.Step)
		if err != nil || n != 1 {
			return n, err
		}
		_, err = t.exec(ctx, forgetFailures, cmd.Tenant, cmd.Person, cmd.Kind)
		return n, err
	})
}

// ResetFactors implements storage.FactorWriter.
func (d *DB) ResetFactors(ctx context.Context, tenant, person storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPerson(ctx, tenant, person); err != nil {
			return err
		}
		if err := t.deleteFactorsOf(ctx, tenant, person); err != nil {
			return err
		}
		if _, err := t.exec(ctx, deletePasskeysOf, tenant, person); err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

var ofPerson = []query{
	both("DELETE FROM factors WHERE tenant = ? AND person = ?"),
	both("DELETE FROM backup_codes WHERE tenant = ? AND person = ?"),
	both("DELETE FROM factor_failures WHERE tenant = ? AND person = ?"),
	distrustOf,
}

func (t *tx) deleteFactorsOf(ctx context.Context, tenant, person storage.ID) error {
	for _, q := range ofPerson {
		if _, err := t.exec(ctx, q, tenant, person); err != nil {
			return err
		}
	}
	return nil
}

// DeletePendingFactors implements storage.FactorWriter.
func (d *DB) DeletePendingFactors(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "factors", key: "id", column: "created_at", where: "state = 'pending'"}, before, limit)
}
