package storage

import (
	"context"
	"time"
)

// DataKey is one version of a symmetric key for one purpose, wrapped by the master key. Re-keying the master rewrites Wrapped only.
type DataKey struct {
	Tenant    ID     `gorm:"primaryKey"`
	Purpose   string `gorm:"primaryKey"` // keys.Purpose…
	Version   int    `gorm:"primaryKey"` // 1, 2, …; the highest unretired one is current
	Wrapped   []byte // by the master key, bound to tenant, purpose and version
	CreatedAt time.Time
	RetiredAt *time.Time // still verifies and opens; no longer used to seal or sign
}

// TableName names the table.
func (DataKey) TableName() string { return "keyring" }

// Keyring keeps wrapped data keys.
type Keyring interface {
	DataKeys(ctx context.Context, tenant ID) ([]DataKey, error)
	// EnsureDataKey inserts k unless (tenant, purpose, version) exists, and returns the one that stands.
	EnsureDataKey(ctx context.Context, k *DataKey) (*DataKey, error)
	// RewrapDataKeys replaces Wrapped of all given rows in one transaction with its event.
	RewrapDataKeys(ctx context.Context, ks []DataKey, ev *AuditEvent) error
}
