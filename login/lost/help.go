package lost

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	purposeHelp = "lost_help"
	helpFactors = "factors" // kept with the link, sealed: it removes them, too
)

// Helping is what HelpLink needs.
type Helping struct {
	Tenant storage.ID
	Issuer string // without a trailing slash
	Codes  *onetime.Codes
	Tx     storage.Transactor
	Events storage.AuditWriter
	Audit  Recorder
}

// HelpLink makes a link by which a new password is set for p, once; with factors it removes all second factors, too. An earlier one ends. The event, with
// which the person is told, says who made it. errs.Forbidden for who may not sign in.
func HelpLink(ctx context.Context, c Config, d Helping, p *storage.Person, factors bool, by directory.Actor) (link string, until time.Time, err error) {
	if p.State != storage.PersonActive {
		return "", until, errs.New(errs.Forbidden, "This person is "+string(p.State)+": no link lets them in. Unlock them first.")
	}
	order := onetime.Order{Purpose: purposeHelp, Person: p.ID, Channel: "operator", Bound: onetime.Bound(p), Life: c.Help, Link: true}
	if factors {
		order.Data = []byte(helpFactors)
	}
	ev := d.Audit.Row(ctx, d.Tenant, audit.Event{
		Type: audit.RecoveryLink, Severity: audit.Warning, ActorKind: by.Kind, Actor: by.ID, Target: "person:" + p.ID.String(), Data: map[string]any{"factors": factors},
	})
	err = d.Tx.InTx(ctx, func(ctx context.Context) error {
		made, err := d.Codes.Issue(ctx, order)
		if err != nil {
			return err
		}
		link, until = d.Issuer+with(setPath, made.Token), made.Until
		return d.Events.AppendAudit(ctx, ev)
	})
	return link, until, err
}
