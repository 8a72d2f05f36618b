package storetest

import (
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func samlCases() []testCase {
	return []testCase{
		{"saml app/life", samlAppLife}, {"saml app/going takes along what is known of it", samlAppGone}, {"saml key/rotation", samlKeys}, {"race/one saml key of a serial", samlKeyRace},
		{"saml session/kept once", samlSessionKept}, {"saml session/moves with its session", samlSessionMoves}, {"saml session/none in a session that has ended", samlSessionEnded},
		{"sweep/saml sessions", func(w *world) {
			w.sweeps(w.DeleteExpiredSAMLSessions, func(tenant storage.ID, expires time.Time) {
				s := w.newSAMLSession(w.id(), w.id(), w.id(), "x")
				s.Tenant, s.ExpiresAt = tenant, expires
				_, err := w.KeepSAMLSession(w.ctx, s, nil)
				w.ok(err)
			})
		}},
	}
}

func (w *world) storedSAMLApp(name string) *storage.SAMLApp {
	w.Helper()
	a := &storage.SAMLApp{
		Tenant: w.tenant, ID: w.id(), Name: name, EntityID: "https://" + name + ".example", Title: visible, Settings: `{"acs":[]}`, Disabled: true, CreatedAt: w.now,
		UpdatedAt: w.now, Version: 1,
	}
	w.ok(w.InsertSAMLApp(w.ctx, a, w.newEvent("saml_app.create")))
	return a
}

func samlAppLife(w *world) {
	a := w.storedSAMLApp("one")
	got, err := w.SAMLAppByName(w.ctx, w.tenant, "one")
	w.ok(err)
	w.same(got, a)
	_, err = w.SAMLAppByName(w.ctx, w.id(), "one")
	w.code(err, errs.NotFound)
	for _, change := range []func(*storage.SAMLApp){func(b *storage.SAMLApp) { b.EntityID = "other" }, func(b *storage.SAMLApp) { b.Name = "other" }} {
		again := *a
		again.ID = w.id()
		change(&again)
		w.code(w.InsertSAMLApp(w.ctx, &again, nil), errs.Conflict)
	}
	b := w.storedSAMLApp("two")
	change := func(a *storage.SAMLApp) error {
		a.Name, a.EntityID, a.Title, a.Settings, a.Disabled = "new", "urn:new", "T", "{}", false
		return nil
	}
	names := w.changesOf(func() { got, err = w.UpdateSAMLApp(w.ctx, w.tenant, a.ID, change, w.newEvent("saml_app.update")) })
	w.ok(err)
	w.same(names, changeNames("saml_app", a.ID))
	w.same(fmt.Sprint(got.Name, got.EntityID, got.Title, got.Settings, got.Disabled, got.Version), "oneurn:newT{}false 2")
	_, err = w.UpdateSAMLApp(w.ctx, w.tenant, b.ID, change, nil)
	w.code(err, errs.Conflict)
	all, err := w.SAMLApps(w.ctx, w.tenant, storage.ID{}, 0)
	w.ok(err)
	w.same(len(all), 2)
	names = w.changesOf(func() { w.ok(w.DeleteSAMLApp(w.ctx, w.tenant, a.ID, w.newEvent("saml_app.delete"))) })
	w.same(names, changeNames("saml_app", a.ID))
	w.code(w.DeleteSAMLApp(w.ctx, w.tenant, a.ID, w.newEvent("saml_app.delete")), errs.NotFound)
	w.same(len(w.events("saml_app.create"))+len(w.events("saml_app.update"))+len(w.events("saml_app.delete")), 4)
}

func samlAppGone(w *world) {
	a, p := w.storedSAMLApp("one"), w.storedPerson("maria")
	s := w.newSession(p.ID, "x")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	for _, app := range []storage.ID{a.ID, w.id()} {
		_, err := w.KeepSAMLSession(w.ctx, w.newSAMLSession(s.ID, p.ID, app, "x"), nil)
		w.ok(err)
		w.ok(w.UpsertConsent(w.ctx, w.newConsent(p.ID, app, "email"), nil))
	}
	w.ok(w.DeleteSAMLApp(w.ctx, w.tenant, a.ID, nil))
	left, err := w.SAMLSessionsIn(w.ctx, w.tenant, s.ID)
	w.ok(err)
	w.same(len(left), 1)
	_, err = w.ConsentFor(w.ctx, w.tenant, p.ID, a.ID)
	w.code(err, errs.NotFound)
	_, err = w.ConsentFor(w.ctx, w.tenant, p.ID, left[0].App)
	w.ok(err)
}

func (w *world) newSAMLKey(serial int64) *storage.SAMLKey {
	id := w.id()
	return &storage.SAMLKey{
		Tenant: w.tenant, ID: id, Serial: serial, Certificate: []byte{0, 1, 255}, Private: w.sealed("saml_keys", "private", id, canary), CreatedAt: w.now, ActiveAt: w.in(time.Hour),
	}
}

func samlKeys(w *world) {
	first, second, third := w.newSAMLKey(1), w.newSAMLKey(2), w.newSAMLKey(3)
	names := w.changesOf(func() { w.ok(w.InsertSAMLKey(w.ctx, first, 0, w.newEvent("saml_key.create"))) })
	w.same(names, changeNames("saml_key", first.ID))
	w.code(w.InsertSAMLKey(w.ctx, w.newSAMLKey(1), 0, w.newEvent("saml_key.create")), errs.Conflict)
	w.ok(w.InsertSAMLKey(w.ctx, second, 1, nil))
	got, err := w.SAMLKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(got, []storage.SAMLKey{*first, *second})
	w.ok(w.InsertSAMLKey(w.ctx, third, 2, nil))
	got, err = w.SAMLKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(got, []storage.SAMLKey{*second, *third})
	w.same(len(w.events("saml_key.create")), 1)
}

func samlKeyRace(w *world) {
	w.oneWins(func(int) (bool, error) {
		err := w.InsertSAMLKey(w.ctx, w.newSAMLKey(1), 0, nil)
		if errs.Is(err, errs.Conflict) {
			return false, nil
		}
		return err == nil, err
	})
}

func (w *world) newSAMLSession(session, person, app storage.ID, secret string) *storage.SAMLSession {
	id := w.id()
	return &storage.SAMLSession{
		Tenant: w.tenant, ID: id, Session: session, Person: person, App: app, Subject: hashed("name"), NameID: w.sealed("saml_sessions", "name_id", id, secret),
		CreatedAt: w.now, ExpiresAt: w.in(time.Hour),
	}
}

func samlSessionKept(w *world) {
	p := w.storedPerson("maria")
	s := w.newSession(p.ID, "x")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	first := w.newSAMLSession(s.ID, p.ID, w.id(), "x")
	got, err := w.KeepSAMLSession(w.ctx, first, w.newEvent("saml.assert"))
	w.ok(err)
	w.same(got, first)
	again := w.newSAMLSession(s.ID, p.ID, first.App, "y")
	again.ExpiresAt = w.in(2 * time.Hour)
	got, err = w.KeepSAMLSession(w.ctx, again, w.newEvent("saml.assert"))
	w.ok(err)
	w.same(fmt.Sprint(got.ID, got.ExpiresAt.Equal(again.ExpiresAt)), fmt.Sprint(first.ID, true))
	other := w.newSAMLSession(s.ID, p.ID, first.App, "z")
	other.Subject = hashed("another name")
	_, err = w.KeepSAMLSession(w.ctx, other, nil)
	w.ok(err)
	all, err := w.SAMLSessionsIn(w.ctx, w.tenant, s.ID)
	w.ok(err)
	w.same(len(all), 2)
	all, err = w.SAMLSessionsOf(w.ctx, w.tenant, first.App, first.Subject, 5)
	w.ok(err)
	w.same(len(all), 1)
	for _, app := range []storage.ID{w.id(), {}} {
		all, err = w.SAMLSessionsOf(w.ctx, w.tenant, app, first.Subject, 5)
		w.ok(err)
		w.same(len(all), 0)
	}
	w.same(len(w.events("saml.assert")), 2)
}

func samlSessionMoves(w *world) {
	p := w.storedPerson("maria")
	s, next, others := w.newSession(p.ID, "x"), w.newSession(p.ID, "x"), w.newSession(p.ID, "x")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	kept, err := w.KeepSAMLSession(w.ctx, w.newSAMLSession(s.ID, p.ID, w.id(), "x"), nil)
	w.ok(err)
	w.ok(w.InsertSession(w.ctx, next, s.ID, true, nil))
	in := func(session storage.ID) int {
		all, err := w.SAMLSessionsIn(w.ctx, w.tenant, session)
		w.ok(err)
		return len(all)
	}
	w.same([]int{in(s.ID), in(next.ID)}, []int{0, 1})
	w.ok(w.InsertSession(w.ctx, others, next.ID, false, nil))
	w.same([]int{in(next.ID), in(others.ID)}, []int{1, 0})
	all, err := w.SAMLSessionsOf(w.ctx, w.tenant, kept.App, kept.Subject, 5)
	w.ok(err)
	w.same(len(all), 1)
}

func samlSessionEnded(w *world) {
	p := w.storedPerson("maria")
	s := w.newSession(p.ID, "x")
	w.ok(w.InsertSession(w.ctx, s, storage.ID{}, false, nil))
	w.ok(w.RevokeSession(w.ctx, w.tenant, s.ID, w.now, "x", nil))
	_, err := w.KeepSAMLSession(w.ctx, w.newSAMLSession(s.ID, p.ID, w.id(), "x"), w.newEvent("saml.assert"))
	w.code(err, errs.Forbidden)
	all, err := w.SAMLSessionsIn(w.ctx, w.tenant, s.ID)
	w.ok(err)
	w.same(len(all)+len(w.events("saml.assert")), 0)
}

func (w *world) canarySAML(p storage.ID) {
	w.storedSAMLApp("canary")
	w.ok(w.InsertSAMLKey(w.ctx, w.newSAMLKey(1), 0, nil))
	_, err := w.KeepSAMLSession(w.ctx, w.newSAMLSession(w.id(), p, w.id(), canary), nil)
	w.ok(err)
}
