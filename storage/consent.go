package storage

import (
	"context"
	"time"
)

// Consent remembers what a person allowed a client; long-lived, unlike a grant.
type Consent struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Person    ID // unique per tenant together with Client
	Client    ID
	Scopes    Strings // allowed
	Declined  Strings // optional scopes that were shown and switched off
	Resources Strings
	Binding   string // name and redirect host shown when it was given; another one asks again (SE05)
	CreatedAt time.Time
	UpdatedAt time.Time
}

// TableName names the table.
func (Consent) TableName() string { return "consents" }

// Consents keeps remembered consents.
type Consents interface {
	// ConsentFor returns errs.NotFound when there is none.
	ConsentFor(ctx context.Context, tenant, person, client ID) (*Consent, error)
	// ConsentsOf lists by id, after the given one; a zero person or client means any.
	ConsentsOf(ctx context.Context, tenant, person, client, after ID, limit int) ([]Consent, error)
	// UpsertConsent merges c into what stands: Scopes and Resources grow while Binding stays the same and are replaced when it does not; Declined and
	// Binding are always replaced.
	UpsertConsent(ctx context.Context, c *Consent, ev *AuditEvent) error
	// RevokeConsent deletes the consent and revokes every grant of that person and client in one transaction, and tells the client (Farewell).
	RevokeConsent(ctx context.Context, tenant, person, client ID, now time.Time, ev *AuditEvent) error
}
