package core

import (
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// NewReplay is the ledger's entry of something that may be used once, named by its kind and by whatever tells it from others of the kind.
func NewReplay(tenant storage.ID, until time.Time, parts ...string) *storage.Replay {
	return &storage.Replay{Tenant: tenant, Hash: LedgerHash(parts...), ExpiresAt: until}
}
