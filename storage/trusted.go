package storage

import (
	"context"
	"time"
)

// TrustedBrowser is a browser that stands in for the second factor of a person who had it trusted.
type TrustedBrowser struct {
	Tenant            ID `gorm:"primaryKey"`
	ID                ID `gorm:"primaryKey"`
	Person            ID
	Browser           []byte     // a hash of the browser's id and the person: found by both only
	PasswordChangedAt *time.Time // of the person, when it was trusted: another password ends the trust
	CreatedAt         time.Time
	ExpiresAt         time.Time
}

// TableName names the table.
func (TrustedBrowser) TableName() string { return "trusted_browsers" }

// TrustedBrowsers keeps them. Whatever ends all of a person's sessions (EndPerson) or removes their factors (ResetFactors) ends them too.
type TrustedBrowsers interface {
	// TrustBrowser replaces what was stored of the same person and browser.
	TrustBrowser(ctx context.Context, b *TrustedBrowser, ev *AuditEvent) error
	// TrustedBrowser is errs.NotFound for another person's or browser's.
	TrustedBrowser(ctx context.Context, tenant, person ID, browser []byte) (*TrustedBrowser, error)
	// TrustedBrowsersOf counts those that have not expired.
	TrustedBrowsersOf(ctx context.Context, tenant, person ID, now time.Time) (int, error)
	// DistrustBrowsers removes all of a person's. The event is written only when there were some.
	DistrustBrowsers(ctx context.Context, tenant, person ID, ev *AuditEvent) error
	// DeleteDeadTrustedBrowsers removes those that expired before the given time, at most limit.
	DeleteDeadTrustedBrowsers(ctx context.Context, before time.Time, limit int) (int64, error)
}
