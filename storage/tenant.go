package storage

import (
	"context"
	"time"
)

// Tenant owns an issuer with its keys, clients and people. One exists for now; every key begins with its id.
type Tenant struct {
	ID        ID     `gorm:"primaryKey"`
	Name      string // unique, matches [a-z][a-z0-9-]{0,31}; the first is "default"
	CreatedAt time.Time
}

// TableName names the table.
func (Tenant) TableName() string { return "tenants" }

// Tenants finds tenants and makes the first one.
type Tenants interface {
	// TenantByName returns errs.NotFound when there is none.
	TenantByName(ctx context.Context, name string) (*Tenant, error)
	// EnsureTenant inserts t unless its name exists, and returns the one that stands; safe when several processes start at once.
	EnsureTenant(ctx context.Context, t *Tenant) (*Tenant, error)
}
