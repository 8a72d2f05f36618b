package storage

import (
	"context"
	"time"
)

// Ledger is what one person has allowed applications, as that person sees it.
type Ledger interface {
	// NewestConsents lists what the person allowed, what was changed last first, at most limit.
	NewestConsents(ctx context.Context, tenant, person ID, limit int) ([]Consent, error)
	// LiveGrantsOf lists the person's grants that count, the newest first, at most limit.
	LiveGrantsOf(ctx context.Context, tenant, person ID, now time.Time, limit int) ([]Grant, error)
}
