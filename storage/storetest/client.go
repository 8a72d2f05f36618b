package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func clientCases() []testCase {
	return []testCase{
		{"client/every field is kept", clientRoundTrip},
		{"client/a taken client_id", func(w *world) {
			w.storedClient("rp")
			w.code(w.InsertClient(w.ctx, w.newClient("rp", "x"), w.newEvent("client.create")), errs.Conflict)
			w.same(len(w.events("client.create")), 0)
			w.storedClient("RP") // names differ in case
		}},
		{"client/the same names in another tenant", func(w *world) {
			w.storedClient("rp")
			c := w.newClient("rp", "x")
			c.Tenant = w.id()
			w.ok(w.InsertClient(w.ctx, c, nil))
		}},
		{"client/unknown", func(w *world) {
			_, err := w.ClientByClientID(w.ctx, w.tenant, "nobody")
			w.code(err, errs.NotFound)
			_, err = w.ClientByClientID(w.ctx, w.tenant, "a\x00b")
			w.code(err, errs.NotFound)
			_, err = w.ClientByClientID(w.ctx, w.tenant, "\xff")
			w.code(err, errs.NotFound)
			_, err = w.ClientByID(w.ctx, w.tenant, w.id())
			w.code(err, errs.NotFound)
		}},
		{"client/text that cannot be stored", func(w *world) {
			for _, bad := range []string{"a\x00b", "\xc0\xaf", "\xed\xa0\x80"} {
				w.code(w.InsertClient(w.ctx, w.newClient(bad, "x"), nil), errs.Invalid)
			}
		}},
		{"client/update", clientUpdate},
		{"client/pages", clientPages},
		{"client/delete", clientDelete},
	}
}

func clientRoundTrip(w *world) {
	c := w.newClient("rp", "secret")
	names := w.changesOf(func() { w.ok(w.InsertClient(w.ctx, c, w.newEvent("client.create"))) })
	w.same(names, changeNames("client", c.ID))
	got, err := w.ClientByClientID(w.ctx, w.tenant, "rp")
	w.ok(err)
	w.same(got, c)
	got, err = w.ClientByID(w.ctx, w.tenant, c.ID)
	w.ok(err)
	w.same(got, c)
	w.same(len(w.events("client.create")), 1)
	_, err = w.ClientByID(w.ctx, w.id(), c.ID)
	w.code(err, errs.NotFound)
}

func clientUpdate(w *world) {
	c := w.storedClient("rp")
	boom := errors.New("boom")
	_, err := w.UpdateClient(w.ctx, w.tenant, c.ID, func(c *storage.Client) error { c.Disabled = false; return boom }, w.newEvent("client.update"))
	w.same(err, boom)
	w.same(len(w.events("client.update")), 0)

	var got *storage.Client
	names := w.changesOf(func() {
		got, err = w.UpdateClient(w.ctx, w.tenant, c.ID, func(c *storage.Client) error {
			c.Disabled, c.SecretHash, c.Metadata.ClientName = false, nil, "New"
			c.ID, c.Tenant, c.CreatedAt, c.Version = w.id(), w.id(), w.in(time.Hour), 99
			c.UpdatedAt = w.in(2 * time.Hour)
			return nil
		}, w.newEvent("client.update"))
		w.ok(err)
	})
	w.same(names, changeNames("client", c.ID))
	want := *c
	want.Disabled, want.SecretHash, want.Metadata.ClientName, want.Version, want.UpdatedAt = false, nil, "New", 8, w.in(2*time.Hour)
	w.same(got, &want)
	stored, err := w.ClientByID(w.ctx, w.tenant, c.ID)
	w.ok(err)
	w.same(stored, &want)
	w.same(len(w.events("client.update")), 1)

	w.storedClient("other")
	_, err = w.UpdateClient(w.ctx, w.tenant, c.ID, func(c *storage.Client) error { c.ClientID = "other"; return nil }, nil)
	w.code(err, errs.Conflict)
	_, err = w.UpdateClient(w.ctx, w.tenant, w.id(), func(*storage.Client) error { return nil }, nil)
	w.code(err, errs.NotFound)
}

func clientPages(w *world) {
	var want []string
	for i := range 5 {
		name := fmt.Sprintf("rp%d", 9-i) // ids order, names do not
		w.storedClient(name)
		want = append(want, name)
	}
	var got []string
	for after := (storage.ID{}); ; {
		page, err := w.Clients(w.ctx, w.tenant, after, 2)
		w.ok(err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got, after = append(got, c.ClientID), c.ID
		}
	}
	w.same(got, want)
	all, err := w.Clients(w.ctx, w.tenant, storage.ID{}, 0)
	w.ok(err)
	w.same(len(all), 5)
}

func clientDelete(w *world) {
	c, p := w.storedClient("rp"), w.storedPerson("maria")
	other := w.storedClient("other")
	g, kept := w.storedGrant(p.ID, c.ID, w.id(), nil), w.storedGrant(p.ID, other.ID, w.id(), nil)
	consent := w.newConsent(p.ID, c.ID, "openid")
	w.ok(w.UpsertConsent(w.ctx, consent, nil))
	names := w.changesOf(func() { w.ok(w.DeleteClient(w.ctx, w.tenant, c.ID, w.in(time.Minute), w.newEvent("client.delete"))) })
	w.same(names, changeNames("client", c.ID, "grant", g.ID, "consent", consent.ID))

	_, err := w.ClientByID(w.ctx, w.tenant, c.ID)
	w.code(err, errs.NotFound)
	_, err = w.ConsentFor(w.ctx, w.tenant, p.ID, c.ID)
	w.code(err, errs.NotFound)
	w.same(w.live(g.ID, w.in(time.Minute)), false)
	w.same(w.live(kept.ID, w.in(time.Minute)), true)
	w.same(len(w.events("client.delete")), 1)
	w.code(w.DeleteClient(w.ctx, w.tenant, c.ID, w.now, w.newEvent("client.delete")), errs.NotFound)
	w.same(len(w.events("client.delete")), 1)
}

// live reports whether the stored grant is.
func (w *world) live(grant storage.ID, at time.Time) bool {
	w.Helper()
	g, err := w.GrantByID(w.ctx, w.tenant, grant)
	w.ok(err)
	return g.Live(at)
}
