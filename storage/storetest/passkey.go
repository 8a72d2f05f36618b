package storetest

import (
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func passkeyCases() []testCase {
	return []testCase{
		{"passkey/every field is kept", passkeyRows},
		{"passkey/a credential is one person's", passkeyConflict},
		{"passkey/rename", passkeyRename},
		{"passkey/delete", passkeyDelete},
		{"passkey/use", passkeyUse},
		{"passkey/a person who goes takes them along", passkeyErase},
		{"race/passkey limit", passkeyLimitRace},
		{"race/the last way to sign in", passkeyLastRace},
		{"race/one count", passkeyCountRace},
		{"relying party/fixed while there are passkeys", relyingParty},
	}
}

func (w *world) newPasskey(person storage.ID, credential, secret string) *storage.Passkey {
	id, used := w.id(), w.in(-time.Minute)
	return &storage.Passkey{
		Tenant: w.tenant, ID: id, Person: person, CredentialID: []byte(credential), PublicKey: []byte{0xa5, 0, 255}, AAGUID: []byte("0123456789abcdef"),
		SignCount: 1 << 31, Transports: storage.Strings{"internal", "hybrid"}, Verified: true, Syncs: true, Synced: true, Hardware: true,
		Name: w.sealed("passkeys", "name", id, secret), CreatedAt: w.now, LastUsedAt: &used,
	}
}

// storedPasskey inserts one after change has altered it; change may be nil.
func (w *world) storedPasskey(person storage.ID, credential string, change func(*storage.Passkey)) *storage.Passkey {
	w.Helper()
	p := w.newPasskey(person, credential, "name")
	if change != nil {
		change(p)
	}
	w.ok(w.InsertPasskey(w.ctx, p, 100, nil))
	return p
}

func passkeyRows(w *world) {
	p := w.storedPerson("maria")
	a := w.newPasskey(p.ID, "credential \x00\xff", "name")
	w.ok(w.InsertPasskey(w.ctx, a, 2, w.newEvent("passkey.add")))
	w.same(len(w.events("passkey.add")), 1)
	got, err := w.PasskeyByCredential(w.ctx, w.tenant, a.CredentialID)
	w.ok(err)
	w.same(got, a)
	b := w.storedPasskey(p.ID, "second", func(p *storage.Passkey) {
		p.SignCount, p.Transports, p.Verified, p.Syncs, p.Synced, p.Hardware, p.LastUsedAt = 0, storage.Strings{}, false, false, false, false, nil
	})
	all, err := w.PasskeysOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(all, []storage.Passkey{*a, *b})
	_, err = w.PasskeyByCredential(w.ctx, w.tenant, []byte("no such"))
	w.code(err, errs.NotFound)
	_, err = w.PasskeyByCredential(w.ctx, w.id(), a.CredentialID)
	w.code(err, errs.NotFound)
	w.code(w.InsertPasskey(w.ctx, w.newPasskey(p.ID, "third", "x"), 2, w.newEvent("passkey.add")), errs.Forbidden)
	w.code(w.InsertPasskey(w.ctx, w.newPasskey(w.id(), "nobody's", "x"), 2, w.newEvent("passkey.add")), errs.NotFound)
	w.same(len(w.events("passkey.add")), 1)
}

func passkeyConflict(w *world) {
	p, q := w.storedPerson("maria"), w.storedPerson("other")
	w.storedPasskey(p.ID, "one", nil)
	w.code(w.InsertPasskey(w.ctx, w.newPasskey(q.ID, "one", "x"), 10, w.newEvent("passkey.add")), errs.Conflict)
	w.code(w.InsertPasskey(w.ctx, w.newPasskey(p.ID, "one", "x"), 10, w.newEvent("passkey.add")), errs.Conflict)
	w.same(len(w.events("passkey.add")), 0)
}

func passkeyRename(w *world) {
	p := w.storedPerson("maria")
	a, b := w.storedPasskey(p.ID, "one", nil), w.storedPasskey(p.ID, "two", nil)
	next := w.sealed("passkeys", "name", a.ID, "new name")
	w.ok(w.RenamePasskey(w.ctx, w.tenant, p.ID, a.ID, next, w.newEvent("passkey.rename")))
	a.Name = next
	all, err := w.PasskeysOf(w.ctx, w.tenant, p.ID)
	w.ok(err)
	w.same(all, []storage.Passkey{*a, *b})
	w.code(w.RenamePasskey(w.ctx, w.tenant, w.id(), a.ID, next, w.newEvent("passkey.rename")), errs.NotFound)
	w.code(w.RenamePasskey(w.ctx, w.tenant, p.ID, w.id(), next, w.newEvent("passkey.rename")), errs.NotFound)
	w.same(len(w.events("passkey.rename")), 1)
}

func passkeyDelete(w *world) {
	p, q := w.storedPerson("maria"), w.newPerson("no password", "x")
	q.PasswordHash = ""
	w.ok(w.InsertPerson(w.ctx, q, nil))
	own, first, second := w.storedPasskey(p.ID, "own", nil), w.storedPasskey(q.ID, "first", nil), w.storedPasskey(q.ID, "second", nil)
	remove := func(person, id storage.ID) error {
		return w.DeletePasskey(w.ctx, w.tenant, person, id, w.newEvent("passkey.remove"))
	}
	w.code(remove(p.ID, first.ID), errs.NotFound)
	w.ok(remove(p.ID, own.ID)) // there is a password
	w.code(remove(p.ID, own.ID), errs.NotFound)
	w.ok(remove(q.ID, first.ID))
	w.code(remove(q.ID, second.ID), errs.Forbidden)
	_, err := w.PasskeyByCredential(w.ctx, w.tenant, second.CredentialID)
	w.ok(err)
	w.same(len(w.events("passkey.remove")), 2)
}

func passkeyUse(w *world) {
	p := w.storedPerson("maria")
	a := w.storedPasskey(p.ID, "counts", func(p *storage.Passkey) { p.SignCount, p.Verified, p.Synced, p.LastUsedAt = 5, false, false, nil })
	use := func(id storage.ID, count int64, lenient bool) storage.PasskeyUsed {
		w.Helper()
		used, err := w.UsePasskey(w.ctx, storage.PasskeyUse{
			Tenant: w.tenant, ID: id, Count: count, Verified: count == 7, Synced: true, Lenient: lenient, Now: w.in(time.Minute),
		}, w.newEvent("passkey.count"))
		w.ok(err)
		return used
	}
	stored := func(id storage.ID) storage.Passkey {
		w.Helper()
		all, err := w.PasskeysOf(w.ctx, w.tenant, p.ID)
		w.ok(err)
		for _, k := range all {
			if k.ID == id {
				return k
			}
		}
		w.Fatal("it is gone")
		return storage.Passkey{}
	}
	for _, count := range []int64{5, 4, 0} {
		w.same(use(a.ID, count, false), storage.PasskeyWentBack)
	}
	w.same(stored(a.ID), *a)
	w.same(use(a.ID, 6, false), storage.PasskeyCounted)
	at := w.in(time.Minute)
	a.SignCount, a.Synced, a.LastUsedAt = 6, true, &at
	w.same(stored(a.ID), *a)
	w.same(use(a.ID, 7, false), storage.PasskeyCounted)
	w.same(use(a.ID, 8, false), storage.PasskeyCounted)
	a.SignCount, a.Verified = 8, true // what was seen once stays seen
	w.same(stored(a.ID), *a)
	w.same(use(a.ID, 2, true), storage.PasskeyWentBack)
	w.same(stored(a.ID), *a)
	silent := w.storedPasskey(p.ID, "does not count", func(p *storage.Passkey) { p.SignCount = 0 })
	w.same(use(silent.ID, 0, false), storage.PasskeyCounted)
	w.same(use(silent.ID, 0, false), storage.PasskeyCounted)
	w.same(len(w.events("passkey.count")), 4)
	w.same(use(w.id(), 9, false), storage.PasskeyGone)
	w.same(use(w.id(), 9, true), storage.PasskeyGone)
	w.same(len(w.events("passkey.count")), 4)
}

func passkeyErase(w *world) {
	p := w.storedPerson("maria")
	a := w.storedPasskey(p.ID, "one", nil)
	w.ok(w.DeletePerson(w.ctx, w.tenant, p.ID, nil))
	_, err := w.PasskeyByCredential(w.ctx, w.tenant, a.CredentialID)
	w.code(err, errs.NotFound)
}

func passkeyLimitRace(w *world) {
	p, in := w.storedPerson("maria"), atomic.Int64{}
	keys := make([]*storage.Passkey, racers)
	for i := range keys {
		keys[i] = w.newPasskey(p.ID, "racer"+string(rune('a'+i)), "x")
	}
	parallel(racers, func(i int) {
		switch err := w.InsertPasskey(w.ctx, keys[i], 3, nil); {
		case err == nil:
			in.Add(1)
		case !errs.Is(err, errs.Forbidden):
			w.Error(err)
		}
	})
	w.same(in.Load(), int64(3))
}

func passkeyLastRace(w *world) {
	p, gone := w.newPerson("no password", "x"), atomic.Int64{}
	p.PasswordHash = ""
	w.ok(w.InsertPerson(w.ctx, p, nil))
	keys := []*storage.Passkey{w.storedPasskey(p.ID, "one", nil), w.storedPasskey(p.ID, "two", nil)}
	parallel(len(keys), func(i int) {
		switch err := w.DeletePasskey(w.ctx, w.tenant, p.ID, keys[i].ID, nil); {
		case err == nil:
			gone.Add(1)
		case !errs.Is(err, errs.Forbidden):
			w.Error(err)
		}
	})
	w.same(gone.Load(), int64(1))
}

func passkeyCountRace(w *world) {
	p, counted := w.storedPerson("maria"), atomic.Int64{}
	a := w.storedPasskey(p.ID, "one", func(p *storage.Passkey) { p.SignCount = 1 })
	parallel(racers, func(int) {
		used, err := w.UsePasskey(w.ctx, storage.PasskeyUse{Tenant: w.tenant, ID: a.ID, Count: 2, Now: w.now}, nil)
		if err != nil {
			w.Error(err)
		}
		if used == storage.PasskeyCounted {
			counted.Add(1)
		}
	})
	w.same(counted.Load(), int64(1))
}

func relyingParty(w *world) {
	r := &storage.RelyingParty{Tenant: w.tenant, Name: "id.example", CreatedAt: w.now}
	got, err := w.EnsureRelyingParty(w.ctx, r)
	w.ok(err)
	w.same(got, r)
	got, err = w.EnsureRelyingParty(w.ctx, &storage.RelyingParty{Tenant: w.tenant, Name: "other.example", CreatedAt: w.in(time.Second)})
	w.ok(err)
	w.same(got, r)
	rename := func(from, to string) bool {
		w.Helper()
		done, err := w.RenameRelyingParty(w.ctx, w.tenant, from, to)
		w.ok(err)
		return done
	}
	w.same(rename("another", "new.example"), false)
	w.same(rename("id.example", "new.example"), true)
	p := w.storedPerson("maria")
	w.storedPasskey(p.ID, "one", nil)
	w.same(rename("new.example", "third.example"), false)
	got, err = w.EnsureRelyingParty(w.ctx, r)
	w.ok(err)
	w.same(got.Name, "new.example")
}

func (w *world) canaryPasskeys(p storage.ID, ev func() *storage.AuditEvent) {
	a, b := w.newPasskey(p, "one", canary), w.newPasskey(p, "two", canary)
	w.ok(w.InsertPasskey(w.ctx, a, 5, ev()))
	w.ok(w.InsertPasskey(w.ctx, b, 5, ev()))
	w.ok(w.RenamePasskey(w.ctx, w.tenant, p, a.ID, w.sealed("passkeys", "name", a.ID, "new "+canary), ev()))
	_, err := w.UsePasskey(w.ctx, storage.PasskeyUse{Tenant: w.tenant, ID: a.ID, Now: w.now, Lenient: true}, ev())
	w.ok(err)
	w.ok(w.DeletePasskey(w.ctx, w.tenant, p, b.ID, ev()))
}
