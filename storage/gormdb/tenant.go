package gormdb

import (
	"context"

	"gorm.io/gorm/clause"

	"github.com/jedan-auth/jedan-auth/storage"
)

// TenantByName implements storage.Tenants.
func (d *DB) TenantByName(ctx context.Context, name string) (*storage.Tenant, error) {
	return one[storage.Tenant](ctx, d, "name = ?", name)
}

// EnsureTenant implements storage.Tenants.
func (d *DB) EnsureTenant(ctx context.Context, tenant *storage.Tenant) (*storage.Tenant, error) {
	var standing storage.Tenant
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		standing = storage.Tenant{}
		byName := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoNothing: true}
		if err := t.orm(ctx).Clauses(byName).Create(tenant).Error; err != nil {
			return err
		}
		return t.orm(ctx).Where("name = ?", tenant.Name).Take(&standing).Error
	})
	if err != nil {
		return nil, err
	}
	return &standing, nil
}
