package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func setupCases() []testCase {
	return []testCase{
		{"setup link/the newest is the only one", setupNewest},
		{"setup link/spend", setupSpend},
		{"setup link/not after an administrator", func(w *world) {
			w.setupLink("one")
			p := w.newPerson("first", "x")
			p.Admin = true
			w.ok(w.InsertPerson(w.ctx, p, nil))
			w.code(w.spendLink("one", "second", w.now), errs.Forbidden)
			valid, err := w.SetupLinkValid(w.ctx, w.tenant, []byte("one"), w.now)
			w.ok(err)
			w.same(valid, true) // the refusal spent nothing
		}},
		{"setup link/a duplicate spends nothing", func(w *world) {
			w.setupLink("one")
			w.storedPerson("maria")
			w.code(w.spendLink("one", "maria", w.now), errs.Conflict)
			w.ok(w.spendLink("one", "other", w.now))
		}},
	}
}

func (w *world) setupLink(hash string) {
	w.Helper()
	w.ok(w.InsertSetupLink(w.ctx, &storage.SetupLink{Tenant: w.tenant, ID: w.id(), Hash: []byte(hash), CreatedAt: w.now, ExpiresAt: w.in(time.Hour)}))
}

func (w *world) spendLink(hash, name string, at time.Time) error {
	p := w.newPerson(name, "x")
	p.Admin = true
	return w.SpendSetupLink(w.ctx, w.tenant, []byte(hash), at, p, w.newEvent("setup.complete"))
}

func (w *world) linkValid(hash string, at time.Time) bool {
	w.Helper()
	valid, err := w.SetupLinkValid(w.ctx, w.tenant, []byte(hash), at)
	w.ok(err)
	return valid
}

func setupNewest(w *world) {
	w.setupLink("one")
	w.setupLink("two")
	w.same(w.linkValid("one", w.now), false)
	w.same(w.linkValid("two", w.now), true)
	w.same(w.linkValid("two", w.in(time.Hour)), false)
	w.same(w.linkValid("", w.now), false)
}

func setupSpend(w *world) {
	w.setupLink("one")
	w.code(w.spendLink("two", "maria", w.now), errs.Forbidden)
	w.code(w.spendLink("one", "maria", w.in(time.Hour)), errs.Forbidden)
	w.same(len(w.events("setup.complete")), 0)
	w.ok(w.spendLink("one", "maria", w.now))
	w.same(w.linkValid("one", w.now), false)
	w.same(len(w.events("setup.complete")), 1)
	exists, err := w.AdminExists(w.ctx, w.tenant)
	w.ok(err)
	w.same(exists, true)
	w.code(w.spendLink("one", "other", w.now), errs.Forbidden)
}
