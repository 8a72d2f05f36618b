package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func personCases() []testCase {
	return []testCase{
		{"person/found by every key", personFound},
		{"person/duplicates", personDuplicates},
		{"person/update", personUpdate},
		{"person/pages and administrators", personAdmins},
		{"person/end", personEnd},
		{"person/delete", personDelete},
		{"person/rehash only the old hash", personRehash},
	}
}

func personFound(w *world) {
	p := w.newPerson("maria", "profile")
	names := w.changesOf(func() { w.ok(w.InsertPerson(w.ctx, p, w.newEvent("user.create"))) })
	w.same(names, changeNames("person", p.ID))
	w.storedPerson("other")
	for _, find := range []func() (*storage.Person, error){
		func() (*storage.Person, error) { return w.PersonByID(w.ctx, w.tenant, p.ID) },
		func() (*storage.Person, error) { return w.PersonBySubject(w.ctx, w.tenant, p.Subject) },
		func() (*storage.Person, error) { return w.PersonByIndex(w.ctx, w.tenant, p.EmailHash) },
		func() (*storage.Person, error) {
			return w.PersonByIndex(w.ctx, w.tenant, []byte("unknown"), nil, p.UsernameHash)
		},
	} {
		got, err := find()
		w.ok(err)
		w.same(got, p)
	}
	for _, hashes := range [][][]byte{nil, {nil}, {{}}, {[]byte("unknown")}} {
		_, err := w.PersonByIndex(w.ctx, w.tenant, hashes...)
		w.code(err, errs.NotFound)
	}
	clash := w.newPerson("clash", "x")
	clash.UsernameHash = p.EmailHash // somebody's user name is somebody else's address: the address wins
	w.ok(w.InsertPerson(w.ctx, clash, nil))
	got, err := w.PersonByIndex(w.ctx, w.tenant, p.EmailHash)
	w.ok(err)
	w.same(got, p)
	_, err = w.PersonByIndex(w.ctx, w.id(), p.EmailHash)
	w.code(err, errs.NotFound)
	w.same(len(w.events("user.create")), 1)
}

func personDuplicates(w *world) {
	p := w.storedPerson("maria")
	for _, change := range []func(*storage.Person){
		func(q *storage.Person) { q.EmailHash = p.EmailHash },
		func(q *storage.Person) { q.UsernameHash = p.UsernameHash },
		func(q *storage.Person) { q.Subject = p.Subject },
		func(q *storage.Person) { q.ID = p.ID },
	} {
		q := w.newPerson("other", "x")
		change(q)
		w.code(w.InsertPerson(w.ctx, q, nil), errs.Conflict)
	}
	for _, name := range []string{"a", "b"} { // neither address nor user name: that is no duplicate
		q := w.newPerson(name, "x")
		q.EmailHash, q.UsernameHash = nil, nil
		w.ok(w.InsertPerson(w.ctx, q, nil))
	}
}

func personUpdate(w *world) {
	p, other := w.storedPerson("maria"), w.storedPerson("other")
	got, err := w.UpdatePerson(w.ctx, w.tenant, p.ID, func(p *storage.Person) error {
		p.State, p.EmailHash, p.PasswordChangedAt, p.Admin, p.Subject = storage.PersonLocked, nil, nil, true, "another"
		return nil
	}, w.newEvent("user.lock"))
	w.ok(err)
	want := *p
	want.State, want.EmailHash, want.PasswordChangedAt, want.Admin, want.Version, want.UpdatedAt = storage.PersonLocked, nil, nil, true, 2, got.UpdatedAt
	w.same(got, &want)
	stored, err := w.PersonByID(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(stored, &want)
	w.same(len(w.events("user.lock")), 1)
	_, err = w.UpdatePerson(w.ctx, w.tenant, p.ID, func(p *storage.Person) error { p.EmailHash = other.EmailHash; return nil }, nil)
	w.code(err, errs.Conflict)
	_, err = w.UpdatePerson(w.ctx, w.tenant, w.id(), func(*storage.Person) error { return nil }, nil)
	w.code(err, errs.NotFound)
}

func personAdmins(w *world) {
	exists, err := w.AdminExists(w.ctx, w.tenant)
	w.ok(err)
	w.same(exists, false)
	a, b := w.storedPerson("a"), w.newPerson("b", "x")
	b.Admin = true
	w.ok(w.InsertPerson(w.ctx, b, nil))
	exists, err = w.AdminExists(w.ctx, w.tenant)
	w.ok(err)
	w.same(exists, true)
	exists, err = w.AdminExists(w.ctx, w.id())
	w.ok(err)
	w.same(exists, false)
	page, err := w.People(w.ctx, w.tenant, a.ID, 10)
	w.ok(err)
	w.same(page, []storage.Person{*b})
}

func personEnd(w *world) {
	p, other, c := w.storedPerson("maria"), w.storedPerson("other"), w.storedClient("rp")
	kept, gone, foreign := w.storedSession(p.ID), w.storedSession(p.ID), w.storedSession(other.ID)
	offline := func(g *storage.Grant) { g.Offline = true }
	gKept, gGone, gOffline := w.storedGrant(p.ID, c.ID, kept.ID, nil), w.storedGrant(p.ID, c.ID, gone.ID, nil), w.storedGrant(p.ID, c.ID, gone.ID, offline)
	gNone, gForeign := w.storedGrant(p.ID, c.ID, storage.ID{}, nil), w.storedGrant(other.ID, c.ID, foreign.ID, nil)

	at := w.in(time.Minute)
	names := w.changesOf(func() {
		w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: p.ID, Except: kept.ID, Reason: "password", Now: at}, w.newEvent("user.password_change")))
	})
	w.same(names, changeNames("person", p.ID, "session", gone.ID, "grant", gGone.ID, "grant", gOffline.ID, "grant", gNone.ID))
	w.same(len(w.events("user.password_change")), 1)
	for id, live := range map[storage.ID]bool{gKept.ID: true, gForeign.ID: true, gGone.ID: false, gOffline.ID: false, gNone.ID: false} {
		w.same(w.live(id, at), live)
	}
	s, err := w.SessionByID(w.ctx, w.tenant, gone.ID)
	w.ok(err)
	w.same(s.RevokedAt, &at)
	w.same(s.Reason, "password")

	names = w.changesOf(func() {
		w.ok(w.EndPerson(w.ctx, storage.EndPerson{Tenant: w.tenant, Person: p.ID, Reason: "locked", Now: at}, nil))
	})
	w.same(names, changeNames("person", p.ID, "session", kept.ID, "grant", gKept.ID))
}

func personDelete(w *world) {
	p, other, c := w.storedPerson("maria"), w.storedPerson("other"), w.storedClient("rp")
	s, kept := w.storedSession(p.ID), w.storedSession(other.ID)
	g := w.storedGrant(p.ID, c.ID, s.ID, func(g *storage.Grant) { g.ExpiresAt = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) })
	consent := w.newConsent(p.ID, c.ID, "openid")
	w.ok(w.UpsertConsent(w.ctx, consent, nil))
	names := w.changesOf(func() { w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, w.newEvent("user.delete"))) })
	w.same(names, changeNames("person", p.ID, "session", s.ID, "grant", g.ID, "consent", consent.ID))
	_, err := w.PersonByID(w.ctx, w.tenant, p.ID)
	w.code(err, errs.NotFound)
	_, err = w.SessionByID(w.ctx, w.tenant, s.ID)
	w.code(err, errs.NotFound)
	_, err = w.ConsentFor(w.ctx, w.tenant, p.ID, c.ID)
	w.code(err, errs.NotFound)
	stored, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	w.same(stored.RevokedAt != nil, true)
	_, err = w.SessionByID(w.ctx, w.tenant, kept.ID)
	w.ok(err)
	w.same(len(w.events("user.delete")), 1)
	w.code(w.DeletePerson(w.ctx, w.tenant, p.ID, w.newEvent("user.delete")), errs.NotFound)
	w.same(len(w.events("user.delete")), 1)
}

func personRehash(w *world) {
	p := w.storedPerson("maria")
	w.ok(w.RehashPassword(w.ctx, w.tenant, p.ID, "not the hash", "new"))
	got, err := w.PersonByID(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(got, p)
	w.ok(w.RehashPassword(w.ctx, w.tenant, p.ID, p.PasswordHash, "new"))
	got, err = w.PersonByID(w.ctx, w.tenant, p.ID)
	w.ok(err)
	want := *p
	want.PasswordHash = "new"
	w.same(got, &want)
}
