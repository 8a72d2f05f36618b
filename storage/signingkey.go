package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// SigningKey is an asymmetric key pair that signs tokens. It is published before ActivatesAt and stays published until ExpiresAt.
type SigningKey struct {
	Tenant      ID        `gorm:"primaryKey"`
	ID          ID        `gorm:"primaryKey"`
	KeyID       string    // kid: RFC 7638 SHA-256 thumbprint; unique per tenant
	Algorithm   string    // RS256, PS256, ES256 or EdDSA
	Public      string    // public JWK as JSON
	Private     seal.Text // PKCS #8 DER
	CreatedAt   time.Time
	ActivatesAt time.Time  // signs from here on
	RetiresAt   *time.Time // signs no longer from here on; nil while no successor is planned
	ExpiresAt   *time.Time // published no longer from here on: after the last token it signed has expired
	RevokedAt   *time.Time // compromised: neither signs, verifies nor is published
}

// TableName names the table.
func (SigningKey) TableName() string { return "signing_keys" }

// SigningKeys keeps signing keys.
type SigningKeys interface {
	SigningKeys(ctx context.Context, tenant ID) ([]SigningKey, error)
	// RotateSigningKey inserts next and sets RetiresAt and ExpiresAt of the previous current key of the same algorithm in one transaction.
	// It inserts only if no key of that algorithm has ActivatesAt after the newest known one (knownNewest, zero for none): two nodes rotate once.
	RotateSigningKey(ctx context.Context, next *SigningKey, knownNewest ID, retires, expires time.Time, ev *AuditEvent) (done bool, err error)
	// DeleteExpiredSigningKeys removes keys whose ExpiresAt lies before now.
	DeleteExpiredSigningKeys(ctx context.Context, now time.Time) (int64, error)
}
