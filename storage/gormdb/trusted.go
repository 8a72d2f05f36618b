package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.TrustedBrowsers = (*DB)(nil)

var (
	distrust   = both("DELETE FROM trusted_browsers WHERE tenant = ? AND person = ? AND browser = ?")
	distrustOf = both("DELETE FROM trusted_browsers WHERE tenant = ? AND person = ?")
)

// TrustBrowser implements storage.TrustedBrowsers.
func (d *DB) TrustBrowser(ctx context.Context, b *storage.TrustedBrowser, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPerson(ctx, b.Tenant, b.Person); err != nil {
			return err
		}
		if _, err := t.exec(ctx, distrust, b.Tenant, b.Person, b.Browser); err != nil {
			return err
		}
		if err := t.orm(ctx).Create(b).Error; err != nil {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// TrustedBrowser implements storage.TrustedBrowsers.
func (d *DB) TrustedBrowser(ctx context.Context, tenant, person storage.ID, browser []byte) (*storage.TrustedBrowser, error) {
	return one[storage.TrustedBrowser](ctx, d, "tenant = ? AND person = ? AND browser = ?", tenant, person, browser)
}

// TrustedBrowsersOf implements storage.TrustedBrowsers.
func (d *DB) TrustedBrowsersOf(ctx context.Context, tenant, person storage.ID, now time.Time) (int, error) {
	rows, err := list[storage.TrustedBrowser](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND person = ? AND expires_at > ?", tenant, person, now)
	})
	return len(rows), err
}

// DistrustBrowsers implements storage.TrustedBrowsers.
func (d *DB) DistrustBrowsers(ctx context.Context, tenant, person storage.ID, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, distrustOf, tenant, person)
		if err != nil || n == 0 {
			return err
		}
		return t.audit(ctx, ev)
	})
}

// DeleteDeadTrustedBrowsers implements storage.TrustedBrowsers.
func (d *DB) DeleteDeadTrustedBrowsers(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "trusted_browsers", key: "id", column: "expires_at"}, before, limit)
}
