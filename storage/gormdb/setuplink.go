package gormdb

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// InsertSetupLink implements storage.SetupLinks.
func (d *DB) InsertSetupLink(ctx context.Context, l *storage.SetupLink) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, l.Tenant, "setup_links"); err != nil {
			return err
		}
		if err := t.orm(ctx).Where("tenant = ? AND used_at IS NULL", l.Tenant).Delete(&storage.SetupLink{}).Error; err != nil {
			return err
		}
		return t.orm(ctx).Create(l).Error
	})
}

// SetupLinkValid implements storage.SetupLinks.
func (d *DB) SetupLinkValid(ctx context.Context, tenant storage.ID, hash []byte, now time.Time) (bool, error) {
	_, err := one[storage.SetupLink](ctx, d, "tenant = ? AND hash = ? AND used_at IS NULL AND expires_at > ?", tenant, hash, now)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

var spendSetupLink = both("UPDATE setup_links SET used_at = ? WHERE tenant = ? AND hash = ? AND used_at IS NULL AND expires_at > ?")

// SpendSetupLink implements storage.SetupLinks.
func (d *DB) SpendSetupLink(ctx context.Context, tenant storage.ID, hash []byte, now time.Time, admin *storage.Person, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, tenant, "setup_links"); err != nil {
			return err
		}
		n, err := t.exec(ctx, spendSetupLink, now, tenant, hash, now)
		if err != nil {
			return err
		}
		exists, err := hasAdmin(t.orm(ctx), tenant)
		if err != nil {
			return err
		}
		if n != 1 || exists {
			return errs.New(errs.Forbidden, "This link cannot be used any more.")
		}
		if err := t.orm(ctx).Create(admin).Error; err != nil {
			return err
		}
		return t.record(ctx, tenant, storage.ChangePerson, admin.ID, ev)
	})
}

func hasAdmin(g *gorm.DB, tenant storage.ID) (bool, error) {
	var n int64
	err := g.Model(&storage.Person{}).Where("tenant = ? AND admin", tenant).Limit(1).Count(&n).Error
	return n > 0, err
}
