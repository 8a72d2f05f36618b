package gormdb

import (
	"context"
	"reflect"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Trips = (*DB)(nil)

var (
	tripsOfAddress = both("SELECT COUNT(*) FROM (SELECT 1 FROM trips WHERE tenant = ? AND address = ? AND expires_at > ? LIMIT ?) AS counted")
	tripsOpen      = both("SELECT COUNT(*) FROM (SELECT 1 FROM trips WHERE tenant = ? AND expires_at > ? LIMIT ?) AS counted")
	takeTrip       = both("DELETE FROM trips WHERE tenant = ? AND state = ? AND browser = ? AND expires_at > ? RETURNING id, content, created_at")
)

// InsertTrip implements storage.Trips. Trips that have come back are gone and do not count.
func (d *DB) InsertTrip(ctx context.Context, p *storage.Trip, most storage.TripCap) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		if p.Address != nil {
			if err := t.tripCap(ctx, most.PerAddress, tripsOfAddress, p.Tenant, p.Address, p.CreatedAt, most.PerAddress); err != nil {
				return err
			}
		}
		if err := t.tripCap(ctx, most.All, tripsOpen, p.Tenant, p.CreatedAt, most.All); err != nil {
			return err
		}
		_, err := t.add(ctx, d.tables.of[reflect.TypeFor[storage.Trip]()], p)
		return err
	})
}

func (t *tx) tripCap(ctx context.Context, most int, q query, args ...any) error {
	if most <= 0 {
		return nil
	}
	var n int
	if err := t.conn.QueryRowContext(ctx, q.on(t.db.dialect), args...).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return errs.New(errs.Throttled, "Too many sign-ins are under way elsewhere. Try again in a moment.").After(pendingRetry)
	}
	return nil
}

// TripByState implements storage.Trips.
func (d *DB) TripByState(ctx context.Context, tenant storage.ID, state []byte, now time.Time) (*storage.Trip, error) {
	return one[storage.Trip](ctx, d, "tenant = ? AND state = ? AND expires_at > ?", tenant, state, now)
}

// TakeTrip implements storage.Trips.
func (d *DB) TakeTrip(ctx context.Context, tenant storage.ID, state, browser []byte, now time.Time) (*storage.Trip, error) {
	p := &storage.Trip{Tenant: tenant, State: state, Browser: browser}
	err := d.write(ctx, func(ctx context.Context, t *tx) error {
		return t.conn.QueryRowContext(ctx, takeTrip.on(d.dialect), tenant, state, browser, now).Scan(&p.ID, &p.Content, &p.CreatedAt)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// DeleteExpiredTrips implements storage.Trips.
func (d *DB) DeleteExpiredTrips(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "trips", key: "id", column: "expires_at"}, before, limit)
}
