package otp

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// target is where codes of a kind would go: the typed number, or the person's mail address. errs.Invalid and errs.Forbidden for what cannot be used.
func (m *Module) target(p *storage.Person, kind, typed string) (string, error) {
	if kind != KindMail {
		return m.d.Notify.Number(typed)
	}
	own, err := m.d.Directory.Claims(p)
	if err != nil {
		return "", err
	}
	if to := own.String("email"); to != "" {
		return to, nil
	}
	return "", errs.New(errs.Invalid, "There is no mail address in this account.")
}

// begin sends a code to where later ones shall go; false: too many were sent.
func (m *Module) begin(ctx context.Context, cur *session.Current, kind, to, lang string) (id storage.ID, sent bool, err error) {
	return m.send(ctx, message{
		kind: kind, to: to, lang: lang, order: onetime.Order{
			Purpose: "enrol_" + kind, Person: cur.Person.ID, Flow: cur.Session.ID, Bound: onetime.Bound(cur.Person), Data: []byte(to),
		},
	})
}

// waiting is where the code of an enrolment went to; errs.NotFound for one of another session, and for one that has ended.
func (m *Module) waiting(ctx context.Context, cur *session.Current, kind string, id storage.ID) (to string, err error) {
	code, err := m.d.Codes.ByID(ctx, "enrol_"+kind, id)
	if err != nil {
		return "", err
	}
	if code.Person != cur.Person.ID || code.Flow != cur.Session.ID {
		return "", errs.New(errs.NotFound, "There is nothing here.")
	}
	raw, err := m.d.Codes.Data(code)
	return string(raw), err
}

// confirm makes the factor if the code is the one that was sent, in place of the one before it. The try is counted first. What it proves of the profile is
// written down, too: the number or address is the person's.
func (m *Module) confirm(ctx context.Context, cur *session.Current, kind string, id storage.ID, typed string) (bool, error) {
	code, err := m.d.Codes.TryID(ctx, "enrol_"+kind, id, cur.Person.ID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if code.Flow != cur.Session.ID || !m.d.Codes.Typed(code, typed, onetime.Bound(cur.Person)) {
		return false, nil
	}
	to, err := m.d.Codes.Data(code)
	if err != nil {
		return false, err
	}
	err = m.d.Store.InTx(ctx, func(ctx context.Context) error {
		first, err := m.d.Codes.Spend(ctx, code.ID, nil)
		if err != nil {
			return err
		}
		if !first {
			return errSpent
		}
		return m.keep(ctx, cur.Person, kind, string(to))
	})
	if errors.Is(err, errSpent) {
		return false, nil
	}
	return err == nil, err
}

// keep stores what the code proved: the number or address, and the factor that uses it. A number of the profile moves the factor only where there is one.
func (m *Module) keep(ctx context.Context, p *storage.Person, kind, to string) error {
	proved, factor := directory.Claims{"phone_number": to, "phone_number_verified": true}, kind
	switch kind {
	case KindMail:
		proved = directory.Claims{"email_verified": true}
	case kindPhone:
		factor = KindSMS
	}
	old, err := m.own(ctx, p, factor)
	if err != nil {
		return err
	}
	if old != nil || kind != kindPhone {
		if err := m.replace(ctx, p, old, factor, to); err != nil {
			return err
		}
	}
	_, err = m.d.Directory.Update(ctx, p.Tenant, p.ID, directory.UpdatePerson{Claims: proved}, directory.Actor{Kind: audit.Person, ID: p.ID.String()})
	return err
}

// replace makes the person's one factor of a kind.
func (m *Module) replace(ctx context.Context, p *storage.Person, old *storage.Factor, kind, to string) error {
	if old != nil {
		if err := m.d.Store.DeleteFactor(ctx, p.Tenant, p.ID, old.ID, nil); err != nil {
			return err
		}
	}
	now := m.d.Now()
	f := &storage.Factor{
		Tenant: p.Tenant, ID: storage.NewID(now), Person: p.ID, Kind: kind, State: storage.FactorConfirmed, CreatedAt: now, ConfirmedAt: &now,
	}
	f.Secret, f.Name = m.d.Ring.Seal(place(f, "secret"), []byte(to)), m.d.Ring.Seal(place(f, "name"), []byte(to))
	return m.d.Store.InsertFactor(ctx, f, most, m.event(ctx, p, audit.FactorCreate, f))
}

// Move has the mail codes of a person go to their new address, in the transaction of ctx: it was proved there.
func (m *Module) Move(ctx context.Context, p *storage.Person, to string) error {
	own, err := m.own(ctx, p, KindMail)
	if err != nil || own == nil {
		return err
	}
	return m.replace(ctx, p, own, KindMail, to)
}

// Drop removes the person's factor of a kind, in the transaction of ctx if there is one.
func (m *Module) Drop(ctx context.Context, p *storage.Person, kind string) error {
	own, err := m.own(ctx, p, kind)
	if err != nil || own == nil {
		return err
	}
	return m.d.Store.DeleteFactor(ctx, p.Tenant, p.ID, own.ID, m.event(ctx, p, audit.FactorDelete, own))
}

func (m *Module) event(ctx context.Context, p *storage.Person, typ string, f *storage.Factor) *storage.AuditEvent {
	person := p.ID.String()
	return m.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: typ, Severity: audit.Notice, ActorKind: audit.Person, Actor: person, Target: "person:" + person,
		Data: map[string]any{"kind": f.Kind, "factor": f.ID.String()},
	})
}
