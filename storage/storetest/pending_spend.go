package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func pendingSpendCases() []testCase {
	return []testCase{
		{"pending/spend", pendingSpend},
		{"pending/spend refuses", pendingSpendRefuses},
		{"race/spend an approved request", func(w *world) {
			for range 10 {
				p, person := w.approved(storage.PendingDevice)
				w.oneWins(func(int) (bool, error) {
					return w.SpendPending(w.ctx, storage.SpendPending{Tenant: w.tenant, ID: p.ID, Now: w.now}, w.grantOf(p, person), w.newEvent("race"))
				})
			}
			w.same(len(w.events("race")), 10)
			grants, err := w.Grants(w.ctx, w.tenant, storage.ID{}, storage.ID{}, storage.ID{}, 100)
			w.ok(err)
			w.same(len(grants), 10)
		}},
		{"pushed/spent with its grant", pushedSpend},
		{"pushed/a denied one", func(w *world) {
			p, person := w.storedPending(storage.PendingPAR, nil), w.id()
			w.same(w.decide(p, person, false, "x", nil), true)
			_, _, err := w.InsertGrant(w.ctx, w.grantOf(p, person), w.newEvent("grant.create"))
			w.code(err, errs.Conflict)
			w.same(len(w.events("grant.create")), 0)
			w.same(w.stored(p.ID).State, storage.PendingDenied)
		}},
		{"pushed/one that was swept", func(w *world) {
			p, person := w.newPending(storage.PendingPAR, w.id(), "x"), w.id()
			_, inserted, err := w.InsertGrant(w.ctx, w.grantOf(p, person), nil)
			w.ok(err)
			w.same(inserted, true)
		}},
		{"race/one grant per pushed request", func(w *world) {
			p, person := w.storedPending(storage.PendingPAR, nil), w.id()
			w.oneWins(func(int) (bool, error) {
				_, inserted, err := w.InsertGrant(w.ctx, w.grantOf(p, person), w.newEvent("race"))
				return inserted, err
			})
			w.same(len(w.events("race")), 1)
			w.same(w.stored(p.ID).State, storage.PendingSpent)
		}},
	}
}

// approved is a request that a person has approved.
func (w *world) approved(kind storage.PendingKind) (p *storage.Pending, person storage.ID) {
	w.Helper()
	p, person = w.storedPending(kind, nil), w.id()
	w.same(w.decide(p, person, true, "yes", nil), true)
	return p, person
}

// grantOf is what the request turns into.
func (w *world) grantOf(p *storage.Pending, person storage.ID) *storage.Grant {
	g := w.newGrant(person, p.Client, w.id(), "x")
	g.Origin = string(p.Kind) + ":" + p.ID.String()
	if p.Kind == storage.PendingPAR {
		g.Spends = p.ID
	}
	return g
}

func pendingSpend(w *world) {
	p, person := w.approved(storage.PendingCIBA)
	g := w.grantOf(p, person)
	cmd := storage.SpendPending{Tenant: w.tenant, ID: p.ID, Now: p.ExpiresAt.Add(-time.Microsecond)}
	won, err := w.SpendPending(w.ctx, cmd, g, w.newEvent("grant.create"))
	w.ok(err)
	w.same(won, true)
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	w.same(got, g)
	w.same(w.stored(p.ID).State, storage.PendingSpent)
	again := w.grantOf(p, person)
	won, err = w.SpendPending(w.ctx, cmd, again, w.newEvent("grant.create"))
	w.ok(err)
	w.same(won, false)
	_, err = w.GrantByID(w.ctx, w.tenant, again.ID)
	w.code(err, errs.NotFound)
	w.same(len(w.events("grant.create")), 1)
}

func pendingSpendRefuses(w *world) {
	p, person := w.approved(storage.PendingDevice)
	open, denied := w.storedPending(storage.PendingDevice, nil), w.storedPending(storage.PendingDevice, nil)
	w.same(w.decide(denied, person, false, "no", nil), true)
	spend := func(p *storage.Pending, change func(*storage.SpendPending, *storage.Grant)) (bool, error) {
		cmd, g := storage.SpendPending{Tenant: w.tenant, ID: p.ID, Now: w.now}, w.grantOf(p, person)
		change(&cmd, g)
		return w.SpendPending(w.ctx, cmd, g, w.newEvent("grant.create"))
	}
	as := func(*storage.SpendPending, *storage.Grant) {}
	for name, won := range map[string]func() (bool, error){
		"open":    func() (bool, error) { return spend(open, as) },
		"denied":  func() (bool, error) { return spend(denied, as) },
		"unknown": func() (bool, error) { return spend(w.newPending(storage.PendingDevice, w.id(), "x"), as) },
		"expired": func() (bool, error) {
			return spend(p, func(c *storage.SpendPending, _ *storage.Grant) { c.Now = p.ExpiresAt })
		},
		"another client": func() (bool, error) {
			return spend(p, func(_ *storage.SpendPending, g *storage.Grant) { g.Client = w.id() })
		},
		"another person": func() (bool, error) {
			return spend(p, func(_ *storage.SpendPending, g *storage.Grant) { g.Person = w.id() })
		},
		"nobody": func() (bool, error) {
			return spend(p, func(_ *storage.SpendPending, g *storage.Grant) { g.Person = storage.ID{} })
		},
		"another tenant": func() (bool, error) {
			return spend(p, func(c *storage.SpendPending, _ *storage.Grant) { c.Tenant = w.id() })
		},
	} {
		if got, err := won(); err != nil || got {
			w.Errorf("%s: %v %v", name, got, err)
		}
	}
	ended := w.storedSession(person)
	w.ok(w.RevokeSession(w.ctx, w.tenant, ended.ID, w.now, "x", nil))
	_, err := spend(p, func(_ *storage.SpendPending, g *storage.Grant) { g.Session = ended.ID })
	w.code(err, errs.Forbidden)
	w.same(len(w.events("grant.create")), 0)
	w.same(w.stored(p.ID).State, storage.PendingApproved)
	won, err := spend(p, as)
	w.ok(err)
	w.same(won, true)
}

func pushedSpend(w *world) {
	p, person := w.storedPending(storage.PendingPAR, nil), w.id()
	g := w.grantOf(p, person)
	_, inserted, err := w.InsertGrant(w.ctx, g, w.newEvent("grant.create"))
	w.ok(err)
	w.same(inserted, true)
	got := w.stored(p.ID)
	want := *p
	want.State, want.Person, want.Session = storage.PendingSpent, person, g.Session
	w.same(got, &want)
	standing, inserted, err := w.InsertGrant(w.ctx, w.grantOf(p, person), nil) // a double click finds what stands
	w.ok(err)
	w.same(inserted, false)
	w.same(standing.ID, g.ID)
	other := w.grantOf(p, person)
	other.Origin = "another"
	_, _, err = w.InsertGrant(w.ctx, other, w.newEvent("grant.create"))
	w.code(err, errs.Conflict)
	device := w.storedPending(storage.PendingDevice, nil)
	wrong := w.grantOf(device, person)
	wrong.Spends = device.ID
	_, _, err = w.InsertGrant(w.ctx, wrong, nil) // only a pushed request goes this way
	w.code(err, errs.Conflict)
	foreign := w.storedPending(storage.PendingPAR, nil)
	wrong = w.grantOf(foreign, person)
	wrong.Client = w.id()
	_, _, err = w.InsertGrant(w.ctx, wrong, nil)
	w.code(err, errs.Conflict)
	w.same(len(w.events("grant.create")), 1)
}
