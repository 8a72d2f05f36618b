package storage

import (
	"context"
	"time"
)

// InitialAccess is a token that lets its bearer register clients (RFC 7591 section 3).
type InitialAccess struct {
	Tenant    ID     `gorm:"primaryKey"`
	ID        ID     `gorm:"primaryKey"`
	Hash      []byte // keyed hash of the token
	Key       int    `gorm:"column:hash_key"` // version of the data key behind Hash
	UsesLeft  int    // registrations; below zero: any number
	Note      string // for people: whom it was given to
	ExpiresAt time.Time
	CreatedAt time.Time
}

// TableName names the table.
func (InitialAccess) TableName() string { return "initial_access_tokens" }

// InitialAccessReader finds tokens; errs.NotFound when there is none.
type InitialAccessReader interface {
	InitialAccessByID(ctx context.Context, tenant, id ID) (*InitialAccess, error)
	InitialAccesses(ctx context.Context, tenant, after ID, limit int) ([]InitialAccess, error)
}

// InitialAccessWriter changes tokens.
type InitialAccessWriter interface {
	InsertInitialAccess(ctx context.Context, a *InitialAccess, ev *AuditEvent) error
	DeleteInitialAccess(ctx context.Context, tenant, id ID, ev *AuditEvent) error
	// DeleteExpiredInitialAccess removes tokens that expired before the given time, at most limit.
	DeleteExpiredInitialAccess(ctx context.Context, before time.Time, limit int) (int64, error)
}

// InitialAccessSpender counts registrations.
type InitialAccessSpender interface {
	// SpendInitialAccess takes one use and reports false when none is left or the token has expired. The client is inserted in the same transaction
	// (Transactor.InTx), so that a refused registration costs nothing.
	SpendInitialAccess(ctx context.Context, tenant, id ID, now time.Time) (bool, error)
}
