package gormdb

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/jedan-auth/jedan-auth/storage"
)

// DataKeys implements storage.Keyring, ordered by purpose and version.
func (d *DB) DataKeys(ctx context.Context, tenant storage.ID) ([]storage.DataKey, error) {
	return list[storage.DataKey](ctx, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ?", tenant).Order("purpose, version") })
}

// EnsureDataKey implements storage.Keyring.
func (d *DB) EnsureDataKey(ctx context.Context, k *storage.DataKey) (*storage.DataKey, error) {
	var standing storage.DataKey
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		standing = storage.DataKey{}
		res := t.orm(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(k)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 1 {
			if err := t.changed(ctx, k.Tenant, storage.ChangeKeyring, []byte(k.Purpose)); err != nil {
				return err
			}
		}
		return whereDataKey(t.orm(ctx), k).Take(&standing).Error
	})
	if err != nil {
		return nil, err
	}
	return &standing, nil
}

// RewrapDataKeys implements storage.Keyring. If one of the keys does not exist, none is changed.
func (d *DB) RewrapDataKeys(ctx context.Context, ks []storage.DataKey, ev *storage.AuditEvent) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		for i := range ks {
			res := whereDataKey(t.orm(ctx).Model(&storage.DataKey{}), &ks[i]).UpdateColumn("wrapped", ks[i].Wrapped)
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 0 {
				return gorm.ErrRecordNotFound
			}
			if err := t.changed(ctx, ks[i].Tenant, storage.ChangeKeyring, []byte(ks[i].Purpose)); err != nil {
				return err
			}
		}
		return t.audit(ctx, ev)
	})
}

func whereDataKey(g *gorm.DB, k *storage.DataKey) *gorm.DB {
	return g.Where("tenant = ? AND purpose = ? AND version = ?", k.Tenant, k.Purpose, k.Version)
}
