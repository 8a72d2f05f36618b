package storetest

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func consentCases() []testCase {
	return []testCase{
		{"consent/grows", consentGrows},
		{"consent/another binding starts anew", consentRebound},
		{"consent/lists", consentLists},
		{"consent/revoke", consentRevoke},
	}
}

func consentGrows(w *world) {
	p, c := w.id(), w.id()
	_, err := w.ConsentFor(w.ctx, w.tenant, p, c)
	w.code(err, errs.NotFound)
	first := w.newConsent(p, c, "openid", "profile")
	names := w.changesOf(func() { w.ok(w.UpsertConsent(w.ctx, first, w.newEvent("consent.grant"))) })
	w.same(names, changeNames("consent", first.ID))
	got, err := w.ConsentFor(w.ctx, w.tenant, p, c)
	w.ok(err)
	w.same(got, first)

	second := w.newConsent(p, c, "profile", "email")
	second.Declined, second.Resources = storage.Strings{}, storage.Strings{"https://b.example/"}
	second.CreatedAt, second.UpdatedAt = w.in(time.Hour), w.in(time.Hour)
	want := *second
	w.ok(w.UpsertConsent(w.ctx, second, w.newEvent("consent.grant")))
	want.ID, want.CreatedAt = first.ID, first.CreatedAt
	want.Scopes, want.Resources = storage.Strings{"openid", "profile", "email"}, storage.Strings{"https://api.example/", "https://b.example/"}
	got, err = w.ConsentFor(w.ctx, w.tenant, p, c)
	w.ok(err)
	w.same(got, &want)
	w.same(second, &want)
	w.same(len(w.events("consent.grant")), 2)
}

func consentRebound(w *world) {
	p, c := w.id(), w.id()
	first, second := w.newConsent(p, c, "openid", "profile"), w.newConsent(p, c, "email")
	second.Resources, second.Binding = storage.Strings{}, "Acme 2"
	w.ok(w.UpsertConsent(w.ctx, first, nil))
	w.ok(w.UpsertConsent(w.ctx, second, nil))
	got, err := w.ConsentFor(w.ctx, w.tenant, p, c)
	w.ok(err)
	want := *second
	want.ID, want.Scopes, want.Resources, want.Binding = first.ID, storage.Strings{"email"}, storage.Strings{}, "Acme 2"
	w.same(got, &want)
}

func consentLists(w *world) {
	p, q, c := w.id(), w.id(), w.id()
	a, b := w.newConsent(p, c, "openid"), w.newConsent(q, c, "openid")
	for _, one := range []*storage.Consent{a, b} {
		w.ok(w.UpsertConsent(w.ctx, one, nil))
	}
	for _, one := range []struct {
		person, client, after storage.ID
		want                  []storage.Consent
	}{
		{want: []storage.Consent{*a, *b}}, {person: p, want: []storage.Consent{*a}},
		{client: c, after: a.ID, want: []storage.Consent{*b}}, {person: q, client: c, want: []storage.Consent{*b}},
	} {
		got, err := w.ConsentsOf(w.ctx, w.tenant, one.person, one.client, one.after, 0)
		w.ok(err)
		w.same(got, one.want)
	}
}

func consentRevoke(w *world) {
	p, c := w.id(), w.id()
	consent := w.newConsent(p, c, "openid")
	w.ok(w.UpsertConsent(w.ctx, consent, nil))
	g := w.storedGrant(p, c, w.id(), func(g *storage.Grant) { g.Offline = true })
	other := w.storedGrant(p, w.id(), w.id(), nil)
	at := w.in(time.Minute)
	names := w.changesOf(func() { w.ok(w.RevokeConsent(w.ctx, w.tenant, p, c, at, w.newEvent("consent.revoke"))) })
	w.same(names, changeNames("consent", consent.ID, "grant", g.ID))
	_, err := w.ConsentFor(w.ctx, w.tenant, p, c)
	w.code(err, errs.NotFound)
	w.same(w.live(g.ID, at), false)
	w.same(w.live(other.ID, at), true)
	w.code(w.RevokeConsent(w.ctx, w.tenant, p, c, at, w.newEvent("consent.revoke")), errs.NotFound)
	w.same(len(w.events("consent.revoke")), 1)
}
