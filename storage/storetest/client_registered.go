package storetest

import (
	"fmt"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/errs"
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
