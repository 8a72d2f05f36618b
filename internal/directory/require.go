package directory

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Requirements is a change to what a person is asked to do before anything else.
type Requirements struct {
	Ask, Lift []string // names of storage.Requirable
}

// Require asks a person for actions, or for less of them, with one event. It ends nothing: the next authorization request waits. Whose address must be
// proved has it unproved from now on. errs.Invalid for an action that there is not, and for the address of who has none.
func (d *Directory) Require(ctx context.Context, tenant, id storage.ID, r Requirements, actor Actor) (*storage.Person, error) {
	for _, name := range slices.Concat(r.Ask, r.Lift) {
		if !slices.Contains(storage.Requirable(), name) {
			return nil, errs.New(errs.Invalid, "There is no such required action.")
		}
	}
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, audit.UserRequire, actor, map[string]any{"asked": r.Ask, "lifted": r.Lift})
	return d.d.Writer.UpdatePerson(ctx, tenant, id, func(p *storage.Person) error {
		if slices.Contains(r.Ask, storage.RequireVerifyEmail) {
			if err := d.unproved(p); err != nil {
				return err
			}
		}
		p.Required = required(p.Required, r.Ask, r.Lift)
		return nil
	}, ev)
}

// unproved takes away that the address was proved.
func (d *Directory) unproved(p *storage.Person) error {
	c, err := d.profile(p)
	if err != nil {
		return err
	}
	if c.String(claimEmail) == "" {
		return errs.New(errs.Invalid, "This person has no mail address.")
	}
	before := maps.Clone(c)
	delete(c, claimEmailVerified)
	return d.put(p, c, before)
}

// required is a list with names added and taken away, each once.
func required(now storage.Strings, ask, lift []string) storage.Strings {
	out := slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(lift, s) })
	for _, name := range ask {
		if !out.Has(name) {
			out = append(out, name)
		}
	}
	return out
}

var errAccepted = errors.New("accepted already")

// AcceptTerms writes down that a person accepts a version of the terms now, with the event that says which, in one transaction. Versions before it stay in
// the log. Accepting the same one again changes nothing.
func (d *Directory) AcceptTerms(ctx context.Context, tenant, id storage.ID, version string) error {
	if version == "" {
		return errs.New(errs.Invalid, "There are no terms.")
	}
	now := d.d.Now()
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, audit.UserTermsAccept, Actor{Kind: audit.Person, ID: id.String()}, map[string]any{"version": version})
	_, err := d.d.Writer.UpdatePerson(ctx, tenant, id, func(p *storage.Person) error {
		if p.TermsVersion == version {
			return errAccepted
		}
		p.TermsVersion, p.TermsAt = version, &now
		return nil
	}, ev)
	if errors.Is(err, errAccepted) {
		return nil
	}
	return err
}
