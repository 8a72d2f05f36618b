package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func trustedCases() []testCase {
	return []testCase{
		{"trusted browser/one of each person and browser", trustedOne},
		{"trusted browser/what ends it", trustedEnds},
		{"trusted browser/sweep", trustedSweep},
	}
}

func (w *world) trust(person storage.ID, browser string, until time.Time) *storage.TrustedBrowser {
	w.Helper()
	changed := w.in(-time.Hour)
	b := &storage.TrustedBrowser{Tenant: w.tenant, ID: w.id(), Person: person, Browser: []byte(browser), PasswordChangedAt: &changed, CreatedAt: w.now, ExpiresAt: until}
	w.ok(w.TrustBrowser(w.ctx, b, w.newEvent("trust")))
	return b
}

func (w *world) trusted(person storage.ID) int {
	w.Helper()
	n, err := w.TrustedBrowsersOf(w.ctx, w.tenant, person, w.now)
	w.ok(err)
	return n
}

func trustedOne(w *world) {
	p, o := w.storedPerson("maria"), w.storedPerson("ana")
	w.trust(p.ID, "home", w.in(time.Hour))
	b := w.trust(p.ID, "home", w.in(2*time.Hour))
	w.trust(p.ID, "work", w.in(time.Hour))
	w.trust(p.ID, "old", w.in(-time.Hour))
	got, err := w.TrustedBrowser(w.ctx, w.tenant, p.ID, []byte("home"))
	w.ok(err)
	w.same(got, b)
	w.same(w.trusted(p.ID), 2)
	w.same(len(w.events("trust")), 4)
	_, err = w.TrustedBrowser(w.ctx, w.tenant, o.ID, []byte("home"))
	w.code(err, errs.NotFound)
	_, err = w.TrustedBrowser(w.ctx, w.id(), p.ID, []byte("home"))
	w.code(err, errs.NotFound)
	nobody := *b
	nobody.ID, nobody.Person = w.id(), w.id()
	w.code(w.TrustBrowser(w.ctx, &nobody, nil), errs.NotFound)
}

func trustedEnds(w *world) {
	p, o := w.storedPerson("maria"), w.storedPerson("ana")
	w.trust(o.ID, "home", w.in(time.Hour))
	for _, end := range []func() error{
		func() error { return w.DistrustBrowsers(w.ctx, w.tenant, p.ID, w.newEvent("distrust")) },
		func() error { return w.ResetFactors(w.ctx, w.tenant, p.ID, nil) },
		func() error {
			return w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: p.ID, Reason: "x", Now: w.now, KeepOffline: true}, nil)
		},
		func() error { return w.DistrustBrowsers(w.ctx, w.tenant, p.ID, w.newEvent("distrust")) }, // below: nothing left
		func() error { return w.DeletePerson(w.ctx, w.tenant, p.ID, nil) },
	} {
		w.trust(p.ID, "home", w.in(time.Hour))
		w.ok(end())
		w.same(w.trusted(p.ID), 0)
	}
	w.ok(w.DistrustBrowsers(w.ctx, w.tenant, p.ID, w.newEvent("distrust")))
	w.same(len(w.events("distrust")), 2)
	w.same(w.trusted(o.ID), 1)
}

func trustedSweep(w *world) {
	p := w.storedPerson("maria")
	w.trust(p.ID, "home", w.in(time.Hour))
	w.trust(p.ID, "old", w.in(-time.Hour))
	n, err := w.DeleteDeadTrustedBrowsers(w.ctx, w.now, 10)
	w.ok(err)
	w.same(n, int64(1))
	w.same(w.trusted(p.ID), 1)
}
