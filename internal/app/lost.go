package app

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login/lost"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (s *server) makeLost() error {
	codes, err := s.sentCodes()
	if err != nil {
		return err
	}
	s.lost, err = lost.New(s.Config.Recovery, lost.Deps{
		Tenant: s.Tenant, Steps: s.login, People: s.DB, Directory: s.Directory, Codes: codes, Store: s.DB, Notify: s.Notify, Texts: s.Config.SMS.On(),
		Hasher: s.Hasher, Policy: s.Policy, MinLength: s.Config.Passwords.MinLength, Ring: s.Ring, Audit: s.Audit, Logger: s.Log, Now: s.Now,
	})
	if err != nil {
		return err
	}
	s.mailed, s.recover = append(s.mailed, s.lost), s.lost.Tick
	return nil
}

// RecoverDue moves recoveries on whose time has come, as the server does by itself.
func (a *App) RecoverDue(ctx context.Context) error {
	if a.recover == nil { // no server runs here
		return nil
	}
	return a.recover(ctx)
}

// RecoveryLink makes an administrator's link to a new password.
func (a *App) RecoveryLink(ctx context.Context, p *storage.Person, factors bool, by directory.Actor) (link string, until time.Time, err error) {
	codes, err := a.sentCodes()
	if err != nil {
		return "", until, err
	}
	return lost.HelpLink(ctx, a.Config.Recovery, lost.Helping{
		Tenant: a.Tenant, Issuer: a.Config.Issuer, Codes: codes, Tx: a.DB, Events: a.DB, Audit: a.Audit,
	}, p, factors, by)
}

// found shows the account's start page what waits.
type found struct{ *App }

// RecoveryWaits implements account.Recovery.
func (f found) RecoveryWaits(ctx context.Context, cur *session.Current) (time.Time, error) {
	r, err := f.DB.RecoveryOf(ctx, f.Tenant, cur.Person.ID, f.Now())
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return r.ReadyAt, nil
}

// foundAgain cancels the recovery of who signs in with a real factor, in the transaction of that sign-in: it was not lost.
func (a *announcer) foundAgain(ctx context.Context, row *storage.AuditEvent) error {
	if row.Type != audit.UserLogin || row.Outcome != audit.Success {
		return nil
	}
	e, err := a.Audit.Open(*row)
	if err != nil || !strong(e) {
		return err
	}
	person := whose(e)
	ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
		Type: audit.RecoveryCancel, Severity: audit.Warning, ActorKind: audit.Person, Actor: person.String(), Target: "person:" + person.String(), Reason: "factor",
	})
	_, err = a.DB.EndRecovery(ctx, storage.EndRecovery{Tenant: a.Tenant, Person: person, Outcome: storage.RecoveryCancelled, Now: a.Now()}, ev)
	return err
}

// strong says that a sign-in took more than a password or a mailbox.
func strong(e audit.Event) bool {
	acr, _ := e.Data["acr"].(string)
	if assurance.Meets(acr, assurance.Two) {
		return true
	}
	used, _ := e.Data["amr"].([]any)
	return slices.ContainsFunc(used, func(m any) bool { return m == "swk" || m == "hwk" })
}
