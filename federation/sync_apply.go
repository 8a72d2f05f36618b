package federation

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A run that would end more than one in ten, and more than a few, stops and asks: a wrong base_dn or a right that was taken from our account looks like everybody's
// dismissal.
const (
	massFew   = 3
	massPart  = 10
	unsettled = time.Minute // in which a sign-in that the directory still allowed may arrive
)

// asks says that it would end too many.
func (x *syncRun) asks(ctx context.Context) (bool, error) {
	n, err := x.Store.CountDirectory(ctx, x.Tenant, x.from.Row.ID)
	if err != nil || n.Ending <= massFew || n.Ending*massPart <= n.On {
		return false, err
	}
	x.out.Ending, x.out.On = n.Ending, n.On
	return true, nil
}

// apply tells people here what has changed, person by person: a run that stops half-way is gone on with by the next.
func (x *syncRun) apply(ctx context.Context) error {
	if err := x.Store.SettleDirectory(ctx, x.Tenant, x.from.Row.ID, x.began.Add(-unsettled)); err != nil {
		return err
	}
	for {
		changes, err := x.Store.DirectoryChanges(ctx, x.Tenant, x.from.Row.ID, batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := x.keep(ctx); err != nil {
			return err
		}
		for _, c := range changes {
			if err := x.Store.InTx(ctx, func(ctx context.Context) error { return x.one(ctx, c) }); err != nil {
				return err
			}
		}
	}
}

func (x *syncRun) one(ctx context.Context, c storage.DirectoryChange) error {
	p, err := x.Store.PersonByID(ctx, x.Tenant, c.Person)
	if errs.Is(err, errs.NotFound) {
		return x.Store.FinishDirectoryChange(ctx, x.Tenant, x.from.Row.ID, c, false)
	}
	if err != nil {
		return err
	}
	locked := c.Locked
	if c.Off == "" {
		locked, err = false, x.resume(ctx, p, c)
	} else {
		locked, err = x.stop(ctx, p, c)
	}
	if err != nil {
		return err
	}
	return x.Store.FinishDirectoryChange(ctx, x.Tenant, x.from.Row.ID, c, locked)
}

// stop ends the sessions and grants of somebody. Who can sign in by nothing but this directory, and what they have set up since, is disabled; who has another
// way, or looks after this server, keeps it.
func (x *syncRun) stop(ctx context.Context, p *storage.Person, c storage.DirectoryChange) (locked bool, err error) {
	links, err := x.Store.LinksOf(ctx, x.Tenant, p.ID)
	if err != nil {
		return false, err
	}
	if err := x.note(ctx, audit.LinkSuspend, p, c); err != nil {
		return false, err
	}
	x.out.Ended++
	if p.State == storage.PersonActive && !p.Admin && p.PasswordHash == "" && len(links) == 1 {
		return true, x.People.SetState(ctx, x.Tenant, p.ID, storage.PersonDisabled, x.actor())
	}
	ev := x.Audit.Row(ctx, x.Tenant, audit.Event{
		Type: audit.SessionRevoke, Severity: audit.Notice, ActorKind: audit.System, Actor: x.actor().ID, Target: "person:" + p.ID.String(), Reason: reasonDirectory,
		Data: map[string]any{"all": true},
	})
	return c.Locked, x.Store.EndPerson(ctx, storage.EndPerson{Tenant: x.Tenant, Person: p.ID, Reason: reasonDirectory, Now: x.Now()}, ev)
}

const reasonDirectory = "upstream_disabled"

// resume opens an account that was closed because of the directory. One that an operator closed stays closed.
func (x *syncRun) resume(ctx context.Context, p *storage.Person, c storage.DirectoryChange) error {
	if !c.Locked || p.State != storage.PersonDisabled {
		return nil
	}
	x.out.Resumed++
	if err := x.note(ctx, audit.LinkResume, p, c); err != nil {
		return err
	}
	return x.People.SetState(ctx, x.Tenant, p.ID, storage.PersonActive, x.actor())
}

func (x *syncRun) note(ctx context.Context, kind string, p *storage.Person, c storage.DirectoryChange) error {
	return x.Store.AppendAudit(ctx, x.Audit.Row(ctx, x.Tenant, audit.Event{
		Type: kind, Severity: audit.Notice, ActorKind: audit.System, Actor: x.actor().ID, Target: "person:" + p.ID.String(), Outcome: audit.Success, Reason: c.Off,
		Data: map[string]any{"connector": x.from.Row.Name, "link": c.Link.String()},
	}))
}
