package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func refreshCases() []testCase {
	return []testCase{
		{"refresh/rotate", refreshRotate},
		{"refresh/rotate refuses", refreshRefuses},
	}
}

func (w *world) rotate(g *storage.Grant, from int64, change func(*storage.RotateRefresh)) bool {
	w.Helper()
	cmd := storage.RotateRefresh{
		Tenant: w.tenant, Grant: g.ID, Client: g.Client, From: from, Next: w.sealed("grants", "nonce1", g.ID, "next"), Now: w.in(time.Second),
	}
	if change != nil {
		change(&cmd)
	}
	done, err := w.RotateRefresh(w.ctx, cmd, nil)
	w.ok(err)
	return done
}

func refreshRotate(w *world) {
	g := w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) { g.Generation = 1 })
	next := w.sealed("grants", "nonce1", g.ID, "second")
	names := w.changesOf(func() { w.same(w.rotate(g, 1, func(c *storage.RotateRefresh) { c.Next = next }), true) })
	w.same(names, changeNames("grant", g.ID))
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	want, at := *g, w.in(time.Second)
	want.Generation, want.Nonce0, want.Nonce1, want.RotatedAt = 2, g.Nonce1, next, &at
	w.same(got, &want)
	w.same(w.rotate(g, 1, nil), false)
	w.same(w.rotate(g, 3, nil), false)
	w.same(w.rotate(g, 2, nil), true)
}

func refreshRefuses(w *world) {
	stored := func(change func(*storage.Grant)) *storage.Grant {
		return w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) {
			g.Generation = 1
			change(g)
		})
	}
	g, revoked := stored(func(*storage.Grant) {}), w.now
	w.same(w.rotate(g, 1, func(c *storage.RotateRefresh) { c.Client = w.id() }), false)
	w.same(w.rotate(g, 1, func(c *storage.RotateRefresh) { c.Tenant = w.id() }), false)
	w.same(w.rotate(g, 1, func(c *storage.RotateRefresh) { c.Now = g.ExpiresAt }), false)
	w.same(w.rotate(stored(func(g *storage.Grant) { g.RevokedAt = &revoked }), 1, nil), false)
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	w.same(got, g)
}
