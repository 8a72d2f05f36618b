package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func keyCases() []testCase {
	return []testCase{
		{"keyring/ensure and rewrap", keyringCase},
		{"keyring/rewrap is all or nothing", keyringRewrapCase},
		{"signing keys/rotate", signingKeyCase},
		{"signing keys/a duplicate kid", func(w *world) {
			a, b := w.newSigningKey("ES256", w.now, "x"), w.newSigningKey("RS256", w.now, "x")
			b.KeyID = a.KeyID
			w.same(rotate(w, a, storage.ID{}), true)
			_, err := w.RotateSigningKey(w.ctx, b, storage.ID{}, w.now, w.now, nil)
			w.code(err, errs.Conflict)
		}},
	}
}

func rotate(w *world, k *storage.SigningKey, known storage.ID) bool {
	w.Helper()
	done, err := w.RotateSigningKey(w.ctx, k, known, w.in(time.Hour), w.in(2*time.Hour), nil)
	w.ok(err)
	return done
}

func keyringCase(w *world) {
	first := &storage.DataKey{Tenant: w.tenant, Purpose: "columns", Version: 1, Wrapped: []byte("w1"), CreatedAt: w.now}
	got, err := w.EnsureDataKey(w.ctx, first)
	w.ok(err)
	w.same(got, first)
	got, err = w.EnsureDataKey(w.ctx, &storage.DataKey{Tenant: w.tenant, Purpose: "columns", Version: 1, Wrapped: []byte("other"), CreatedAt: w.now})
	w.ok(err)
	w.same(got, first)
	retired := w.in(time.Minute)
	other := storage.DataKey{Tenant: w.tenant, Purpose: "codes", Version: 2, Wrapped: []byte("c2"), CreatedAt: w.now, RetiredAt: &retired}
	_, err = w.EnsureDataKey(w.ctx, &other)
	w.ok(err)
	keys, err := w.DataKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(keys, []storage.DataKey{other, *first})

	keys[0].Wrapped, keys[1].Wrapped = []byte("new c2"), []byte("new w1")
	w.ok(w.RewrapDataKeys(w.ctx, keys, w.newEvent("keyring.rewrap")))
	again, err := w.DataKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(again, keys)
	w.same(len(w.events("keyring.rewrap")), 1)
	none, err := w.DataKeys(w.ctx, w.id())
	w.ok(err)
	w.same(len(none), 0)
}

func keyringRewrapCase(w *world) {
	k := storage.DataKey{Tenant: w.tenant, Purpose: "columns", Version: 1, Wrapped: []byte("w1"), CreatedAt: w.now}
	_, err := w.EnsureDataKey(w.ctx, &k)
	w.ok(err)
	changed, missing := k, k
	changed.Wrapped, missing.Version = []byte("w2"), 2
	w.code(w.RewrapDataKeys(w.ctx, []storage.DataKey{changed, missing}, w.newEvent("keyring.rewrap")), errs.NotFound)
	keys, err := w.DataKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(keys, []storage.DataKey{k})
	w.same(len(w.events("keyring.rewrap")), 0)
}

func signingKeyCase(w *world) {
	first, second := w.newSigningKey("ES256", w.now, "x"), w.newSigningKey("ES256", w.in(time.Hour), "x")
	other := w.newSigningKey("RS256", w.now, "x")
	w.same(rotate(w, first, storage.ID{}), true)
	w.same(rotate(w, w.newSigningKey("ES256", w.now, "x"), storage.ID{}), false)
	w.same(rotate(w, other, storage.ID{}), true)
	w.same(rotate(w, second, other.ID), false)
	names := w.changesOf(func() {
		done, err := w.RotateSigningKey(w.ctx, second, first.ID, w.in(time.Hour), w.in(2*time.Hour), w.newEvent("key.rotate"))
		w.ok(err)
		w.same(done, true)
	})
	w.same(names, changeNames("key", first.ID, "key", second.ID))
	w.same(len(w.events("key.rotate")), 1)

	retires, expires := w.in(time.Hour), w.in(2*time.Hour)
	first.RetiresAt, first.ExpiresAt = &retires, &expires
	keys, err := w.SigningKeys(w.ctx, w.tenant)
	w.ok(err)
	w.same(keys, []storage.SigningKey{*first, *other, *second})
}
