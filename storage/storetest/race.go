package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

const racers = 16

func raceCases() []testCase {
	return []testCase{
		{"race/redeem", func(w *world) {
			g := w.storedGrant(w.id(), w.id(), w.id(), nil)
			w.oneWins(func(int) (bool, error) {
				cmd := storage.RedeemCode{Tenant: w.tenant, Grant: g.ID, Client: g.Client, Now: w.now, Nonce1: g.Nonce1}
				return w.RedeemCode(w.ctx, cmd, w.newEvent("race"))
			})
			w.same(len(w.events("race")), 1)
		}},
		{"race/rotate", func(w *world) {
			g := w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) { g.Generation = 1 })
			w.oneWins(func(int) (bool, error) {
				cmd := storage.RotateRefresh{Tenant: w.tenant, Grant: g.ID, Client: g.Client, From: 1, Next: g.Nonce1, Now: w.now}
				return w.RotateRefresh(w.ctx, cmd, w.newEvent("race"))
			})
			w.same(len(w.events("race")), 1)
		}},
		{"race/revoke", func(w *world) {
			g := w.storedGrant(w.id(), w.id(), w.id(), nil)
			w.oneWins(func(int) (bool, error) {
				return w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: g.ID, Now: w.now, Reason: "race"}, w.newEvent("race"))
			})
			w.same(len(w.events("race")), 1)
		}},
		{"race/one grant per origin", raceOrigin},
		{"race/sign out", raceSignOut},
		{"race/spend once", func(w *world) {
			for i := range 20 {
				w.oneWins(func(int) (bool, error) {
					return w.SpendOnce(w.ctx, &storage.Replay{Tenant: w.tenant, Hash: hashed(fmt.Sprint(i)), ExpiresAt: w.in(time.Hour)})
				})
			}
		}},
		{"race/rotate signing keys", func(w *world) {
			for known := (storage.ID{}); ; {
				var winner storage.ID
				w.oneWins(func(int) (bool, error) {
					k := w.newSigningKey("ES256", w.now, "x")
					done, err := w.RotateSigningKey(w.ctx, k, known, w.now, w.in(time.Hour), nil)
					if done {
						winner = k.ID
					}
					return done, err
				})
				if !known.IsZero() {
					return
				}
				known = winner
			}
		}},
		{"race/set-up link", func(w *world) {
			w.setupLink("one")
			w.oneWins(func(i int) (bool, error) {
				err := w.spendLink("one", fmt.Sprint(i), w.now)
				if errs.Is(err, errs.Forbidden) {
					return false, nil
				}
				return err == nil, err
			})
			people, err := w.People(w.ctx, w.tenant, storage.ID{}, 0)
			w.ok(err)
			w.same(len(people), 1)
		}},
		{"race/one address", func(w *world) {
			w.oneWins(func(i int) (bool, error) {
				p := w.newPerson(fmt.Sprint(i), "x")
				p.EmailHash = []byte("same")
				err := w.InsertPerson(w.ctx, p, nil)
				if errs.Is(err, errs.Conflict) {
					return false, nil
				}
				return err == nil, err
			})
		}},
		{"race/tenant and data key", raceEnsure},
		{"race/no update is lost", raceUpdates},
		{"race/consents add up", raceConsents},
		{"race/commands of many kinds", raceMixed},
	}
}

// oneWins runs fn on 16 goroutines at once and ends the case unless exactly one of them got true and none an error.
func (w *world) oneWins(fn func(i int) (bool, error)) {
	w.Helper()
	var won atomic.Int64
	parallel(racers, func(i int) {
		ok, err := fn(i)
		if err != nil {
			w.Error(err)
		}
		if ok {
			won.Add(1)
		}
	})
	w.same(won.Load(), int64(1))
}

func raceOrigin(w *world) {
	p, c, s := w.id(), w.id(), w.id()
	standing := make([]*storage.Grant, racers)
	w.oneWins(func(i int) (bool, error) {
		g := w.newGrant(p, c, s, "x")
		g.Origin = "one flow"
		got, inserted, err := w.InsertGrant(w.ctx, g, w.newEvent("race"))
		standing[i] = got
		return inserted, err
	})
	for _, g := range standing {
		w.same(g, standing[0])
	}
	w.same(len(w.events("race")), 1)
}

func raceEnsure(w *world) {
	tenants, keys := make([]*storage.Tenant, racers), make([]*storage.DataKey, racers)
	parallel(racers, func(i int) {
		var err error
		if tenants[i], err = w.EnsureTenant(w.ctx, &storage.Tenant{ID: w.id(), Name: "second", CreatedAt: w.now}); err != nil {
			w.Error(err)
		}
		k := &storage.DataKey{Tenant: w.tenant, Purpose: "codes", Version: 1, Wrapped: []byte{byte(i)}, CreatedAt: w.now}
		if keys[i], err = w.EnsureDataKey(w.ctx, k); err != nil {
			w.Error(err)
		}
	})
	for i := range racers {
		w.same(tenants[i], tenants[0])
		w.same(keys[i], keys[0])
	}
}

func raceUpdates(w *world) {
	c := w.storedClient("rp")
	parallel(8, func(int) {
		for range 10 {
			_, err := w.UpdateClient(w.ctx, w.tenant, c.ID, func(c *storage.Client) error { c.SecretKey++; return nil }, nil)
			if err != nil {
				w.Error(err)
			}
		}
	})
	got, err := w.ClientByID(w.ctx, w.tenant, c.ID)
	w.ok(err)
	w.same(got.SecretKey, c.SecretKey+80)
	w.same(got.Version, c.Version+80)
}

func raceConsents(w *world) {
	p, c := w.id(), w.id()
	parallel(racers, func(i int) {
		if err := w.UpsertConsent(w.ctx, w.newConsent(p, c, fmt.Sprint("s", i)), nil); err != nil {
			w.Error(err)
		}
	})
	got, err := w.ConsentFor(w.ctx, w.tenant, p, c)
	w.ok(err)
	w.same(len(got.Scopes), racers)
}

// raceMixed lets failing commands share whatever the backend shares with good ones: each must get its own verdict.
func raceMixed(w *world) {
	w.storedClient("taken")
	var inserted atomic.Int64
	parallel(racers, func(i int) {
		for j := range 10 {
			if (i+j)%4 == 0 {
				if err := w.InsertClient(w.ctx, w.newClient("taken", "x"), w.newEvent("bad")); !errs.Is(err, errs.Conflict) {
					w.Error("a taken name: ", err)
				}
				continue
			}
			_, ok, err := w.InsertGrant(w.ctx, w.newGrant(w.id(), w.id(), w.id(), "x"), w.newEvent("good"))
			if err != nil || !ok {
				w.Error(ok, err)
			}
			inserted.Add(1)
		}
	})
	w.same(len(w.events("good")), int(inserted.Load()))
	w.same(len(w.events("bad")), 0)
	grants, err := w.Grants(w.ctx, w.tenant, storage.ID{}, storage.ID{}, storage.ID{}, 1000)
	w.ok(err)
	w.same(len(grants), int(inserted.Load()))
}
