package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func grantCases() []testCase {
	return []testCase{
		{"grant/every field is kept", grantRoundTrip},
		{"grant/one per origin", grantOrigin},
		{"grant/lists", grantLists},
		{"grant/redeem", grantRedeem},
		{"grant/redeem refuses", grantRedeemRefuses},
		{"grant/revoke", grantRevoke},
		{"grant/uses", grantUses},
		{"grant/text that cannot be stored", func(w *world) {
			g := w.newGrant(w.id(), w.id(), w.id(), "x")
			g.Nonce = "a\x00b"
			_, _, err := w.InsertGrant(w.ctx, g, nil)
			w.code(err, errs.Invalid)
		}},
	}
}

func grantRoundTrip(w *world) {
	g := w.newGrant(w.id(), w.id(), w.id(), "nonce")
	at, used, revoked := w.in(time.Second), w.in(2*time.Second), w.in(3*time.Second)
	g.Offline, g.Generation, g.RotatedAt, g.UsedAt, g.Uses, g.RevokedAt, g.Reason = true, 4, &at, &used, 9, &revoked, "why"
	standing, inserted, err := w.InsertGrant(w.ctx, g, w.newEvent("grant.create"))
	w.ok(err)
	w.same(inserted, true)
	w.same(standing, g)
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	w.same(got, g)
	bare := &storage.Grant{Tenant: w.tenant, ID: w.id(), Client: w.id(), Person: w.id(), Origin: "bare", ExpiresAt: w.in(time.Hour)}
	_, _, err = w.InsertGrant(w.ctx, bare, nil)
	w.ok(err)
	got, err = w.GrantByID(w.ctx, w.tenant, bare.ID)
	w.ok(err)
	bare.Scopes, bare.Resources, bare.AMR = storage.Strings{}, storage.Strings{}, storage.Strings{}
	w.same(got, bare)
	w.same(got.CodeExpires.IsZero(), true)
	_, err = w.GrantByID(w.ctx, w.tenant, w.id())
	w.code(err, errs.NotFound)
	w.same(len(w.events("grant.create")), 1)
}

func grantOrigin(w *world) {
	g := w.storedGrant(w.id(), w.id(), w.id(), nil)
	second := w.newGrant(g.Person, g.Client, g.Session, "x")
	second.Origin = g.Origin
	standing, inserted, err := w.InsertGrant(w.ctx, second, w.newEvent("grant.create"))
	w.ok(err)
	w.same(inserted, false)
	w.same(standing, g)
	w.same(len(w.events("grant.create")), 0)
	_, err = w.GrantByID(w.ctx, w.tenant, second.ID)
	w.code(err, errs.NotFound)
	elsewhere := w.newGrant(g.Person, g.Client, g.Session, "x")
	elsewhere.Origin, elsewhere.Tenant = g.Origin, w.id()
	_, inserted, err = w.InsertGrant(w.ctx, elsewhere, nil)
	w.ok(err)
	w.same(inserted, true)
}

func grantLists(w *world) {
	p, q, c, d := w.id(), w.id(), w.id(), w.id()
	pc, pd, qc := w.storedGrant(p, c, w.id(), nil), w.storedGrant(p, d, w.id(), nil), w.storedGrant(q, c, w.id(), nil)
	for _, one := range []struct {
		person, client, after storage.ID
		limit                 int
		want                  []storage.Grant
	}{
		{want: []storage.Grant{*pc, *pd, *qc}},
		{person: p, want: []storage.Grant{*pc, *pd}},
		{client: c, want: []storage.Grant{*pc, *qc}},
		{person: p, client: d, want: []storage.Grant{*pd}},
		{after: pc.ID, limit: 1, want: []storage.Grant{*pd}},
		{person: q, client: d},
	} {
		got, err := w.Grants(w.ctx, w.tenant, one.person, one.client, one.after, one.limit)
		w.ok(err)
		w.same(len(got), len(one.want))
		for i := range got {
			w.same(got[i], one.want[i])
		}
	}
}

func (w *world) redeem(g *storage.Grant, change func(*storage.RedeemCode)) bool {
	w.Helper()
	cmd := storage.RedeemCode{Tenant: w.tenant, Grant: g.ID, Client: g.Client, Now: w.now}
	if change != nil {
		change(&cmd)
	}
	done, err := w.RedeemCode(w.ctx, cmd, w.newEvent("grant.redeem"))
	w.ok(err)
	return done
}

func grantRedeem(w *world) {
	g := w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) { g.Refresh = false })
	w.same(w.redeem(g, nil), true)
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	want := *g
	want.Code = storage.CodeRedeemed
	w.same(got, &want)
	w.same(w.redeem(g, nil), false)

	g = w.storedGrant(w.id(), w.id(), w.id(), nil)
	nonce := w.sealed("grants", "nonce1", g.ID, "first")
	names := w.changesOf(func() { w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Nonce1 = nonce }), true) })
	w.same(names, changeNames("grant", g.ID))
	got, err = w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	want = *g
	want.Code, want.Generation, want.Nonce1 = storage.CodeRedeemed, 1, nonce
	w.same(got, &want)
	w.same(len(w.events("grant.redeem")), 2)

	g = w.storedGrant(w.id(), w.id(), w.id(), func(g *storage.Grant) { g.Rotates = true })
	bind := func(c *storage.RedeemCode) { c.Nonce1, c.Cnf, c.Rotates = nonce, `{"jkt":"x"}`, false }
	w.same(w.redeem(g, func(c *storage.RedeemCode) { bind(c); c.Client = w.id() }), false)
	w.same(w.redeem(g, bind), true)
	got, err = w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	want = *g
	want.Code, want.Generation, want.Nonce1, want.Cnf, want.Rotates = storage.CodeRedeemed, 1, nonce, `{"jkt":"x"}`, false
	w.same(got, &want)
	w.same(w.redeem(g, bind), false)
}

func grantRedeemRefuses(w *world) {
	stored := func(change func(*storage.Grant)) *storage.Grant { return w.storedGrant(w.id(), w.id(), w.id(), change) }
	g := stored(nil)
	revoked := w.now
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Client = w.id() }), false)
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Client = storage.ID{} }), false)
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Tenant = w.id() }), false)
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Grant = w.id() }), false)
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Now = g.CodeExpires }), false)
	w.same(w.redeem(stored(func(g *storage.Grant) { g.ExpiresAt = w.now }), nil), false)
	w.same(w.redeem(stored(func(g *storage.Grant) { g.RevokedAt = &revoked }), nil), false)
	w.same(w.redeem(stored(func(g *storage.Grant) { g.Code = storage.CodeNone }), nil), false)
	w.same(len(w.events("grant.redeem")), 0)
	w.same(w.redeem(g, func(c *storage.RedeemCode) { c.Now = g.CodeExpires.Add(-time.Microsecond) }), true)
}

func grantRevoke(w *world) {
	g := w.storedGrant(w.id(), w.id(), w.id(), nil)
	revoke := func(at time.Time) bool {
		done, err := w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: g.ID, Now: at, Reason: "reuse"}, w.newEvent("grant.revoke"))
		w.ok(err)
		return done
	}
	at := w.in(time.Minute)
	names := w.changesOf(func() { w.same(revoke(at), true) })
	w.same(names, changeNames("grant", g.ID))
	names = w.changesOf(func() { w.same(revoke(w.in(time.Hour)), false) })
	w.same(len(names), 0)
	got, err := w.GrantByID(w.ctx, w.tenant, g.ID)
	w.ok(err)
	want := *g
	want.RevokedAt, want.Reason = &at, "reuse"
	w.same(got, &want)
	w.same(len(w.events("grant.revoke")), 1)
	done, err := w.RevokeGrant(w.ctx, storage.RevokeGrant{Tenant: w.tenant, Grant: w.id(), Now: at}, nil)
	w.ok(err)
	w.same(done, false)
}

func grantUses(w *world) {
	a, b := w.storedGrant(w.id(), w.id(), w.id(), nil), w.storedGrant(w.id(), w.id(), w.id(), nil)
	var uses []storage.GrantUse
	for i := range 250 { // more than one statement takes, and each grant many times
		uses = append(uses, storage.GrantUse{Tenant: w.tenant, Grant: w.id(), Uses: 1, UsedAt: w.now})
		uses = append(uses, storage.GrantUse{Tenant: w.tenant, Grant: a.ID, Uses: 2, UsedAt: w.in(time.Duration(i) * time.Second)})
	}
	w.ok(w.CountGrantUses(w.ctx, uses))
	w.ok(w.CountGrantUses(w.ctx, []storage.GrantUse{{Tenant: w.tenant, Grant: a.ID, Uses: 1, UsedAt: w.now}}))
	w.ok(w.CountGrantUses(w.ctx, nil))
	got, err := w.GrantByID(w.ctx, w.tenant, a.ID)
	w.ok(err)
	last := w.in(249 * time.Second)
	w.same(got.Uses, int64(501))
	w.same(got.UsedAt, &last)
	other, err := w.GrantByID(w.ctx, w.tenant, b.ID)
	w.ok(err)
	w.same(other, b)
}
