package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Trip is a browser on its way to an upstream and back. It lives for minutes.
type Trip struct {
	Tenant    ID        `gorm:"primaryKey"`
	ID        ID        `gorm:"primaryKey"`
	State     []byte    // keyed hash of what the browser brings back; unique per tenant
	Browser   []byte    // keyed hash of the browser's id: nobody else comes back with it
	Content   seal.Text // sealed at ("trips", "content", tenant, id)
	Address   []byte    // keyed hash of the asking address, for the cap; NULL if unknown
	ExpiresAt time.Time
	CreatedAt time.Time
}

// TableName names the table.
func (Trip) TableName() string { return "trips" }

// TripCap bounds how many may be under way at once; 0 is no bound. Simultaneous inserts on PostgreSQL may pass it by one per connection.
type TripCap struct{ PerAddress, All int }

// Trips keeps them.
type Trips interface {
	// InsertTrip is errs.Throttled when a cap is reached.
	InsertTrip(ctx context.Context, t *Trip, most TripCap) error
	// TripByState finds one that has not expired; errs.NotFound when there is none. Whose it is, is for the caller to look at.
	TripByState(ctx context.Context, tenant ID, state []byte, now time.Time) (*Trip, error)
	// TakeTrip removes and returns the one of the state that the browser began and that has not expired: of several calls one gets it. errs.NotFound
	// otherwise, and then nothing has changed.
	TakeTrip(ctx context.Context, tenant ID, state, browser []byte, now time.Time) (*Trip, error)
	// DeleteExpiredTrips removes those that expired before the given time, at most limit.
	DeleteExpiredTrips(ctx context.Context, before time.Time, limit int) (int64, error)
}
