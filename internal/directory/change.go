package directory

import (
	"context"
	"maps"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Reasons why everything of a person ends.
const (
	reasonPassword = "password_change"
	reasonState    = "person_"
	reasonErased   = "person_erased"
)

// UpdatePerson is a change to a person; what is nil stays.
type UpdatePerson struct {
	Claims Claims // merged into the profile: a nil value removes a claim
	Admin  *bool
}

// Update changes a person. A new mail address or phone number is unverified unless u says otherwise. Errors are those of Create, and
// errs.NotFound.
func (d *Directory) Update(ctx context.Context, tenant, id storage.ID, u UpdatePerson, actor Actor) (*storage.Person, error) {
	self := &storage.Person{Tenant: tenant, ID: id}
	if err := d.free(ctx, self, u.Claims); err != nil {
		return nil, err
	}
	data := map[string]any{"claims": d.knownNames(u.Claims)}
	if u.Admin != nil {
		data["admin"] = *u.Admin
	}
	ev := d.event(ctx, self, audit.UserUpdate, actor, data)
	return d.d.Writer.UpdatePerson(ctx, tenant, id, func(p *storage.Person) error {
		c, err := d.profile(p)
		if err != nil {
			return err
		}
		if err := d.put(p, c.merge(u.Claims), c); err != nil {
			return err
		}
		if p.EmailHash == nil && p.UsernameHash == nil {
			return errs.New(errs.Invalid, "A person needs a mail address or a user name.")
		}
		if u.Admin != nil {
			p.Admin = *u.Admin
		}
		p.UpdatedAt = d.d.Now()
		return nil
	}, ev)
}

// SetPassword replaces the password hash (empty: no password) and ends every session and grant of the person but the excepted one (PW13), in one
// transaction.
func (d *Directory) SetPassword(ctx context.Context, tenant, id storage.ID, phc string, exceptSession storage.ID, actor Actor) error {
	if phc != "" {
		if err := password.CheckHash(phc); err != nil {
			return errs.Wrap(errs.Invalid, "This password hash cannot be used.", err)
		}
	}
	now := d.d.Now()
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, audit.UserPasswordChange, actor, map[string]any{"removed": phc == ""})
	return d.d.Tx.InTx(ctx, func(ctx context.Context) error {
		_, err := d.d.Writer.UpdatePerson(ctx, tenant, id, func(p *storage.Person) error {
			p.PasswordHash, p.PasswordChangedAt = phc, &now
			if actor.Kind == audit.Person && phc != "" { // who sets their own has met the demand; another's password meets none
				p.Required = required(p.Required, nil, []string{storage.RequireChangePassword})
			}
			return nil
		}, ev)
		if err != nil {
			return err
		}
		return d.end(ctx, tenant, id, exceptSession, reasonPassword, actor)
	})
}

// SetState lets a person sign in again, or locks or disables them and ends every session and grant, in one transaction.
func (d *Directory) SetState(ctx context.Context, tenant, id storage.ID, state storage.PersonState, actor Actor) error {
	types := map[storage.PersonState]string{
		storage.PersonActive: audit.UserUnlock, storage.PersonLocked: audit.UserLock, storage.PersonDisabled: audit.UserDisable,
	}
	if types[state] == "" {
		return errs.New(errs.Invalid, "There is no such state.")
	}
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, types[state], actor, nil)
	return d.d.Tx.InTx(ctx, func(ctx context.Context) error {
		_, err := d.d.Writer.UpdatePerson(ctx, tenant, id, func(p *storage.Person) error {
			p.State = state
			return nil
		}, ev)
		if err != nil || state == storage.PersonActive {
			return err
		}
		return d.end(ctx, tenant, id, storage.ID{}, reasonState+string(state), actor)
	})
}

// Erase ends every session and grant of a person and removes the row, in one transaction. What more removes goes before the row, when those who must be
// told have been. The subject is never given out again: it was random.
func (d *Directory) Erase(ctx context.Context, tenant, id storage.ID, actor Actor, more ...func(ctx context.Context) error) error {
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, audit.UserDelete, actor, nil)
	return d.d.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := d.d.People.PersonByID(ctx, tenant, id); err != nil {
			return err
		}
		if err := d.end(ctx, tenant, id, storage.ID{}, reasonErased, actor); err != nil {
			return err
		}
		for _, also := range more {
			if err := also(ctx); err != nil {
				return err
			}
		}
		return d.d.Writer.DeletePerson(ctx, tenant, id, ev)
	})
}

func (d *Directory) end(ctx context.Context, tenant, id, except storage.ID, reason string, actor Actor) error {
	ev := d.event(ctx, &storage.Person{Tenant: tenant, ID: id}, audit.SessionRevoke, actor, map[string]any{"all": true, "kept_one": !except.IsZero()})
	ev.Reason = reason
	return d.d.Writer.EndPerson(ctx, storage.EndPerson{Tenant: tenant, Person: id, Except: except, Reason: reason, Now: d.d.Now()}, ev)
}

func (d *Directory) event(ctx context.Context, p *storage.Person, typ string, actor Actor, data map[string]any) *storage.AuditEvent {
	severity := audit.Info
	if typ != audit.UserCreate && typ != audit.UserUpdate || data["admin"] != nil && data["admin"] != false {
		severity = audit.Notice
	}
	return d.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: typ, Severity: severity, ActorKind: actor.Kind, Actor: actor.ID, Target: "person:" + p.ID.String(), Data: data,
	})
}

// knownNames lists the claims of a patch by name, never by value; a name that is not ours is refused later and not repeated.
func (d *Directory) knownNames(c Claims) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if d.known(name) {
			names = append(names, name)
		}
	}
	return names
}
