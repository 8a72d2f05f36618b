package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

var (
	_ storage.RiskReader     = (*DB)(nil)
	_ storage.RiskWriter     = (*DB)(nil)
	_ storage.FirewallReader = (*DB)(nil)
	_ storage.FirewallWriter = (*DB)(nil)
)

// RiskBaselineOf implements storage.RiskReader.
func (d *DB) RiskBaselineOf(ctx context.Context, tenant, person storage.ID) (*storage.RiskBaseline, error) {
	return one[storage.RiskBaseline](ctx, d, "tenant = ? AND person = ?", tenant, person)
}

// RiskVerdicts implements storage.RiskReader.
func (d *DB) RiskVerdicts(ctx context.Context, tenant storage.ID, f storage.RiskFilter) ([]storage.RiskVerdict, error) {
	return list[storage.RiskVerdict](ctx, d, func(g *gorm.DB) *gorm.DB {
		g = g.Where("tenant = ?", tenant)
		if !f.Person.IsZero() {
			g = g.Where("person = ?", f.Person)
		}
		if f.Action != "" {
			g = g.Where("action = ?", f.Action)
		}
		if !f.Before.IsZero() {
			g = g.Where("id < ?", f.Before)
		}
		return g.Order("id DESC").Limit(listLimit(f.Limit))
	})
}

var (
	raiseBaseline = both("UPDATE risk_baselines SET data = ?, version = version + 1, updated_at = ? WHERE tenant = ? AND person = ? AND version = ?")
	firstBaseline = both("INSERT INTO risk_baselines (tenant, person, data, version, updated_at) VALUES (?, ?, ?, 1, ?) ON CONFLICT (tenant, person) DO NOTHING")
	trimVerdicts  = both("DELETE FROM risk_verdicts WHERE tenant = ? AND person = ? AND id < " +
		"(SELECT id FROM risk_verdicts WHERE tenant = ? AND person = ? ORDER BY id DESC LIMIT 1 OFFSET ?)")
	forgetBaseline = both("DELETE FROM risk_baselines WHERE tenant = ? AND person = ?")
	forgetVerdicts = both("DELETE FROM risk_verdicts WHERE tenant = ? AND person = ?")
)

// SaveRisk implements storage.RiskWriter.
func (d *DB) SaveRisk(ctx context.Context, b *storage.RiskBaseline, v *storage.RiskVerdict, keep int) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if b != nil {
			if err := t.saveBaseline(ctx, b); err != nil {
				return err
			}
		}
		if v == nil {
			return nil
		}
		if err := t.orm(ctx).Create(v).Error; err != nil {
			return err
		}
		_, err := t.exec(ctx, trimVerdicts, v.Tenant, v.Person, v.Tenant, v.Person, max(keep, 1)-1)
		return err
	})
}

func (t *tx) saveBaseline(ctx context.Context, b *storage.RiskBaseline) error {
	q, args := raiseBaseline, []any{b.Data, b.UpdatedAt, b.Tenant, b.Person, b.Version}
	if b.Version == 0 {
		q, args = firstBaseline, []any{b.Tenant, b.Person, b.Data, b.UpdatedAt}
	}
	n, err := t.exec(ctx, q, args...)
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "The baseline was changed meanwhile.")
	}
	return err
}

// forgetRisk removes what risk knows of a person.
func (t *tx) forgetRisk(ctx context.Context, tenant, person storage.ID) error {
	if _, err := t.exec(ctx, forgetBaseline, tenant, person); err != nil {
		return err
	}
	_, err := t.exec(ctx, forgetVerdicts, tenant, person)
	return err
}

// DeleteOldRiskVerdicts implements storage.RiskWriter.
func (d *DB) DeleteOldRiskVerdicts(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "risk_verdicts", key: "id", column: "at"}, before, limit)
}

// DeleteOldRiskBaselines implements storage.RiskWriter.
func (d *DB) DeleteOldRiskBaselines(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "risk_baselines", key: "person", column: "updated_at"}, before, limit)
}
