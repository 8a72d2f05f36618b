package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func registeredCases() []testCase {
	return []testCase{
		{"client/no more registered ones than may be", func(w *world) {
			byHand := w.newClient("by hand", "x")
			byHand.RegistrationHash = nil
			w.ok(w.InsertClient(w.ctx, byHand, nil)) // does not count
			foreign := w.newClient("of another tenant", "x")
			foreign.Tenant = w.id()
			w.ok(w.InsertRegistered(w.ctx, foreign, 1, nil))
			names := w.changesOf(func() {
				for i := range 2 {
					w.ok(w.InsertRegistered(w.ctx, w.newClient(fmt.Sprint("rp", i), "x"), 2, w.newEvent("client.create")))
				}
			})
			w.same(len(names), 2)
			w.code(w.InsertRegistered(w.ctx, w.newClient("rp2", "x"), 2, w.newEvent("client.create")), errs.Throttled)
			w.code(w.InsertRegistered(w.ctx, w.newClient("rp0", "x"), 3, w.newEvent("client.create")), errs.Conflict)
			w.ok(w.InsertRegistered(w.ctx, w.newClient("rp2", "x"), 3, w.newEvent("client.create")))
			w.same(len(w.events("client.create")), 3)
			_, err := w.ClientByClientID(w.ctx, w.tenant, "rp2")
			w.ok(err)
		}},
		{"client/registered ones that nobody uses", unusedRegistered},
		{"race/registered clients", func(w *world) {
			won := atomic.Int64{}
			parallel(racers, func(i int) {
				err := w.InsertRegistered(w.ctx, w.newClient(fmt.Sprint("rp", i), "x"), 3, nil)
				switch {
				case err == nil:
					won.Add(1)
				case !errs.Is(err, errs.Throttled):
					w.Error(err)
				}
			})
			w.same(won.Load(), int64(3))
		}},
	}
}

// fresh stores a client that registered itself and was not touched since.
func (w *world) fresh(name string, change func(*storage.Client)) *storage.Client {
	w.Helper()
	c := w.newClient(name, "x")
	c.Version = 1
	if change != nil {
		change(c)
	}
	w.ok(w.InsertClient(w.ctx, c, nil))
	return c
}

func unusedRegistered(w *world) {
	person := w.storedPerson("maria")
	idle := w.fresh("idle", nil)
	granted, consented := w.fresh("granted", nil), w.fresh("consented", nil)
	w.storedGrant(person.ID, granted.ID, w.id(), nil)
	w.ok(w.UpsertConsent(w.ctx, w.newConsent(person.ID, consented.ID, "openid"), nil))
	others := []*storage.Client{
		granted, consented, w.fresh("by hand", func(c *storage.Client) { c.RegistrationHash = nil }), w.fresh("changed", func(c *storage.Client) { c.Version = 2 }),
		w.fresh("young", func(c *storage.Client) { c.CreatedAt = w.in(time.Hour) }),
	}
	foreign := w.fresh("elsewhere", func(c *storage.Client) { c.Tenant = w.id() })
	got, err := w.UnusedRegistered(w.ctx, w.tenant, w.in(time.Minute), storage.ID{}, 10)
	w.ok(err)
	w.same(len(got), 1)
	w.same(got[0].ID, idle.ID)
	got2, err := w.UnusedRegistered(w.ctx, w.tenant, w.in(time.Minute), idle.ID, 10)
	w.ok(err)
	w.same(len(got2), 0)
	names := w.changesOf(func() {
		done, err := w.DeleteUnused(w.ctx, w.tenant, idle.ID, w.newEvent("client.delete"))
		w.ok(err)
		w.same(done, true)
	})
	w.same(names, changeNames("client", idle.ID))
	for _, c := range append(others[:4], idle, foreign) { // what has been used meanwhile stays, whatever was listed
		done, err := w.DeleteUnused(w.ctx, w.tenant, c.ID, w.newEvent("client.delete"))
		w.ok(err)
		w.same(done, false)
	}
	w.same(len(w.events("client.delete")), 1)
	for _, c := range others {
		_, err := w.ClientByID(w.ctx, w.tenant, c.ID)
		w.ok(err)
	}
}
