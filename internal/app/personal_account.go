package app

import (
	"context"
	"io"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// personal lets people take their data along and go.
type personal struct {
	*App
	grace time.Duration
}

// Export implements account.Exporter.
func (p *personal) Export(ctx context.Context, w io.Writer, cur *session.Current) error {
	return p.ExportPerson(ctx, w, cur.Person.ID, directory.Actor{Kind: audit.Person, ID: cur.Person.ID.String()})
}

// Erase implements account.Erasure.
func (p *personal) Erase(ctx context.Context, cur *session.Current) (time.Time, error) {
	if p.grace <= 0 {
		return time.Time{}, p.eraseOneself(ctx, cur.Person.ID)
	}
	now := p.Now()
	e := &storage.Erasure{Tenant: p.Tenant, Person: cur.Person.ID, DueAt: now.Add(p.grace), CreatedAt: now}
	return e.DueAt, p.DB.InTx(ctx, func(ctx context.Context) error {
		last, err := p.DB.LastAdmin(ctx, p.Tenant, cur.Person.ID)
		if err != nil {
			return err
		}
		if last {
			return errs.New(errs.Forbidden, lastAdminSays)
		}
		_, err = p.DB.InsertErasure(ctx, e, p.event(ctx, cur, audit.UserDeleteRequest))
		return err
	})
}

// Due implements account.Erasure.
func (p *personal) Due(ctx context.Context, cur *session.Current) (time.Time, error) {
	e, err := p.DB.ErasureOf(ctx, p.Tenant, cur.Person.ID)
	if errs.Is(err, errs.NotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return e.DueAt, nil
}

// Keep implements account.Erasure.
func (p *personal) Keep(ctx context.Context, cur *session.Current) error {
	_, err := p.DB.DeleteErasure(ctx, p.Tenant, cur.Person.ID, p.event(ctx, cur, audit.UserDeleteCancel))
	return err
}

func (p *personal) event(ctx context.Context, cur *session.Current, typ string) *storage.AuditEvent {
	id := cur.Person.ID.String()
	return p.Audit.Row(ctx, p.Tenant, audit.Event{Type: typ, Severity: audit.Notice, ActorKind: audit.Person, Actor: id, Target: "person:" + id})
}
