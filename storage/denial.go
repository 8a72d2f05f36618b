package storage

import (
	"context"
	"time"
)

// Denial says that one access token no longer counts, until it would have expired anyway.
type Denial struct {
	Tenant    ID     `gorm:"primaryKey"`
	TokenID   []byte `gorm:"primaryKey"` // 16 bytes: the jti
	ExpiresAt time.Time
}

// TableName names the table.
func (Denial) TableName() string { return "denials" }

// Denials keeps revoked access tokens.
type Denials interface {
	// DenyToken is idempotent; it writes the event and the change row only the first time.
	DenyToken(ctx context.Context, d *Denial, ev *AuditEvent) error
	TokenDenied(ctx context.Context, tenant ID, tokenID []byte) (bool, error)
	// LiveDenials lists at most limit denials that have not expired, in no order.
	LiveDenials(ctx context.Context, tenant ID, now time.Time, limit int) ([]Denial, error)
	DeleteExpiredDenials(ctx context.Context, now time.Time, limit int) (int64, error)
}

// Replay is a thing that may be used once (a client assertion's jti). The insert is the check.
type Replay struct {
	Tenant    ID     `gorm:"primaryKey"`
	Hash      []byte `gorm:"primaryKey"` // SHA-256 over kind, issuer and value, length-prefixed
	ExpiresAt time.Time
}

// TableName names the table.
func (Replay) TableName() string { return "replays" }

// Replays is the ledger of what was used once.
type Replays interface {
	// SpendOnce reports true for exactly one caller per (tenant, hash).
	SpendOnce(ctx context.Context, r *Replay) (bool, error)
	DeleteExpiredReplays(ctx context.Context, now time.Time, limit int) (int64, error)
}
