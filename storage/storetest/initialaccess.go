package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func initialAccessCases() []testCase {
	return []testCase{
		{"initial access/every field is kept", initialAccessRows},
		{"initial access/spend", initialAccessSpend},
		{"initial access/a registration that fails costs nothing", func(w *world) {
			a := w.storedInitialAccess(1)
			boom := errors.New("boom")
			w.same(w.InTx(w.ctx, func(ctx context.Context) error {
				done, err := w.SpendInitialAccess(ctx, w.tenant, a.ID, w.now)
				w.ok(err)
				w.same(done, true)
				return boom
			}), boom)
			w.same(w.useInitialAccess(a, w.now), true)
		}},
		{"race/initial access", func(w *world) {
			a, won := w.storedInitialAccess(3), atomic.Int64{}
			parallel(racers, func(int) {
				done, err := w.SpendInitialAccess(w.ctx, w.tenant, a.ID, w.now)
				if err != nil {
					w.Error(err)
				}
				if done {
					won.Add(1)
				}
			})
			w.same(won.Load(), int64(3))
		}},
		{"sweep/initial access", func(w *world) {
			w.sweeps(w.DeleteExpiredInitialAccess, func(tenant storage.ID, expires time.Time) {
				a := w.newInitialAccess(1)
				a.Tenant, a.ExpiresAt = tenant, expires
				w.ok(w.InsertInitialAccess(w.ctx, a, nil))
			})
		}},
	}
}

func (w *world) storedInitialAccess(uses int) *storage.InitialAccess {
	w.Helper()
	a := w.newInitialAccess(uses)
	w.ok(w.InsertInitialAccess(w.ctx, a, nil))
	return a
}

func (w *world) useInitialAccess(a *storage.InitialAccess, now time.Time) bool {
	w.Helper()
	done, err := w.SpendInitialAccess(w.ctx, a.Tenant, a.ID, now)
	w.ok(err)
	return done
}

func initialAccessRows(w *world) {
	a := w.newInitialAccess(5)
	w.ok(w.InsertInitialAccess(w.ctx, a, w.newEvent("made")))
	b := w.storedInitialAccess(1)
	got, err := w.InitialAccessByID(w.ctx, w.tenant, a.ID)
	w.ok(err)
	w.same(got, a)
	all, err := w.InitialAccesses(w.ctx, w.tenant, storage.ID{}, 0)
	w.ok(err)
	w.same(all, []storage.InitialAccess{*a, *b})
	all, err = w.InitialAccesses(w.ctx, w.tenant, a.ID, 5)
	w.ok(err)
	w.same(all, []storage.InitialAccess{*b})
	w.ok(w.DeleteInitialAccess(w.ctx, w.tenant, a.ID, w.newEvent("made")))
	w.code(w.DeleteInitialAccess(w.ctx, w.tenant, a.ID, w.newEvent("made")), errs.NotFound)
	_, err = w.InitialAccessByID(w.ctx, w.tenant, a.ID)
	w.code(err, errs.NotFound)
	_, err = w.InitialAccessByID(w.ctx, w.id(), b.ID)
	w.code(err, errs.NotFound)
	w.same(len(w.events("made")), 2)
}

func initialAccessSpend(w *world) {
	twice, always := w.storedInitialAccess(2), w.storedInitialAccess(-1)
	w.same(w.useInitialAccess(twice, twice.ExpiresAt), false)
	w.same(w.useInitialAccess(w.newInitialAccess(1), w.now), false)
	elsewhere := *twice
	elsewhere.Tenant = w.id()
	w.same(w.useInitialAccess(&elsewhere, w.now), false)
	for _, want := range []bool{true, true, false, false} {
		w.same(w.useInitialAccess(twice, w.now), want)
		w.same(w.useInitialAccess(always, w.now), true)
	}
	got, err := w.InitialAccessByID(w.ctx, w.tenant, twice.ID)
	w.ok(err)
	w.same(got.UsesLeft, 0)
}
