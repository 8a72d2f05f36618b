package storetest

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func sweepCases() []testCase {
	return []testCase{
		{"sweep/denials", func(w *world) {
			w.sweeps(w.DeleteExpiredDenials, func(tenant storage.ID, expires time.Time) {
				id := w.id()
				w.ok(w.DenyToken(w.ctx, &storage.Denial{Tenant: tenant, TokenID: id[:], ExpiresAt: expires}, nil))
			})
		}},
		{"sweep/replays", func(w *world) {
			w.sweeps(w.DeleteExpiredReplays, func(tenant storage.ID, expires time.Time) {
				id := w.id()
				_, err := w.SpendOnce(w.ctx, &storage.Replay{Tenant: tenant, Hash: id[:], ExpiresAt: expires})
				w.ok(err)
			})
		}},
		{"sweep/expired sessions", func(w *world) {
			w.sweeps(w.DeleteDeadSessions, func(tenant storage.ID, expires time.Time) {
				s := w.newSession(w.id(), "x")
				s.Tenant, s.ExpiresAt = tenant, expires
				w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
			})
		}},
		{"sweep/ended sessions", func(w *world) {
			w.sweeps(w.DeleteDeadSessions, func(tenant storage.ID, ended time.Time) {
				s := w.newSession(w.id(), "x")
				s.Tenant, s.RevokedAt, s.ExpiresAt = tenant, &ended, w.in(1000*time.Hour)
				w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
			})
		}},
		{"sweep/expired grants", func(w *world) {
			w.sweeps(w.DeleteDeadGrants, func(tenant storage.ID, expires time.Time) {
				w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) { g.Tenant, g.ExpiresAt = tenant, expires })
			})
		}},
		{"sweep/revoked grants", func(w *world) {
			w.sweeps(w.DeleteDeadGrants, func(tenant storage.ID, ended time.Time) {
				w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) {
					g.Tenant, g.RevokedAt, g.ExpiresAt = tenant, &ended, w.in(1000*time.Hour)
				})
			})
		}},
		{"sweep/signing keys", sweepSigningKeys},
	}
}

// sweeps adds, in each of three tenants, two rows that died before now, one that dies right now and one later, and sweeps in bites of four.
func (w *world) sweeps(sweep func(ctx context.Context, before time.Time, limit int) (int64, error), add func(tenant storage.ID, died time.Time)) {
	w.Helper()
	for _, tenant := range []storage.ID{w.tenant, w.id(), w.id()} {
		for _, d := range []time.Duration{-time.Hour, -time.Microsecond, 0, time.Hour} {
			add(tenant, w.in(d))
		}
	}
	for _, want := range []int64{4, 2, 0} {
		n, err := sweep(w.ctx, w.now, 4)
		w.ok(err)
		w.same(n, want)
	}
	n, err := sweep(w.ctx, w.in(2*time.Hour), 0)
	w.ok(err)
	w.same(n, int64(6))
}

func sweepSigningKeys(w *world) {
	first, second := w.newSigningKey("ES256", w.now, "x"), w.newSigningKey("ES256", w.in(time.Minute), "x")
	w.same(rotate(w, first, storage.ID{}), true)
	w.same(rotate(w, second, first.ID), true) // the first expires two hours from now
	n, err := w.DeleteExpiredSigningKeys(w.ctx, w.in(2*time.Hour))
	w.ok(err)
	w.same(n, int64(0))
	n, err = w.DeleteExpiredSigningKeys(w.ctx, w.in(2*time.Hour+time.Microsecond))
	w.ok(err)
	w.same(n, int64(1))
	keys, err := w.SigningKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(keys, []storage.SigningKey{*second})
}
