package directory

import (
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestRequire(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"email": "a@b.test", "email_verified": true})
	nameless := w.create(Claims{"username": "maria"})
	ask := func(r Requirements) *storage.Person {
		t.Helper()
		got, err := w.Require(t.Context(), w.tenant, p.ID, r, operator)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	both := Requirements{Ask: []string{storage.RequireVerifyEmail, storage.RequireChangePassword}}
	ask(both)
	if got := ask(both); !slices.Equal(got.Required, storage.Strings(both.Ask)) {
		t.Errorf("%v", got.Required)
	}
	row := w.store.people[p.ID]
	if c, err := w.Claims(&row); err != nil || c["email_verified"] != nil || c["email"] != "a@b.test" {
		t.Errorf("%v %v", c, err)
	}
	for name, act := range map[string]func() error{
		"unknown": func() error {
			_, err := w.Require(t.Context(), w.tenant, p.ID, Requirements{Ask: []string{"dance"}}, operator)
			return err
		},
		"no address": func() error { _, err := w.Require(t.Context(), w.tenant, nameless.ID, both, operator); return err },
	} {
		if err := act(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := w.store.people[nameless.ID]; len(got.Required) != 0 {
		t.Errorf("half a demand: %v", got.Required)
	}
	if err := w.SetPassword(t.Context(), w.tenant, p.ID, phc, storage.ID{}, operator); err != nil || !w.store.people[p.ID].Required.Has(storage.RequireChangePassword) {
		t.Errorf("another's password meets the demand: %v", err)
	}
	if err := w.SetPassword(t.Context(), w.tenant, p.ID, phc, storage.ID{}, Actor{Kind: audit.Person, ID: p.ID.String()}); err != nil || w.store.people[p.ID].Required.Has(storage.RequireChangePassword) {
		t.Errorf("one's own does not: %v", err)
	}
	if got := ask(Requirements{Lift: both.Ask}); len(got.Required) != 0 {
		t.Errorf("%v", got.Required)
	}
	if _, err := w.Build(w.tenant, NewPerson{Claims: Claims{"username": "zoe"}, Temporary: true}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a temporary password that is none: %v", err)
	}
}

func TestAcceptTerms(t *testing.T) {
	w := newWorld(t)
	p := w.create(Claims{"username": "maria"})
	w.store.events = nil
	for _, version := range []string{"1", "1", "2"} {
		w.now = w.now.Add(time.Minute)
		if err := w.AcceptTerms(t.Context(), w.tenant, p.ID, version); err != nil {
			t.Fatal(err)
		}
	}
	got := w.store.people[p.ID]
	if got.TermsVersion != "2" || !got.TermsAt.Equal(w.now) || len(w.store.events) != 2 || w.store.events[0].Type != audit.UserTermsAccept {
		t.Errorf("%q %v %d", got.TermsVersion, got.TermsAt, len(w.store.events))
	}
	if err := w.AcceptTerms(t.Context(), w.tenant, p.ID, ""); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
