package storage

import (
	"context"
	"time"
)

// OwnSessions are the sessions of one person, as that person sees and ends them.
type OwnSessions interface {
	// LiveSessionsOf lists what counts: not ended, not expired, and seen after the given time; the newest first, at most limit.
	LiveSessionsOf(ctx context.Context, tenant, person ID, now, seenAfter time.Time, limit int) ([]Session, error)
}
