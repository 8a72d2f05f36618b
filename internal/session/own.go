package session

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxOwn is how many sessions a person is shown, the newest first.
const maxOwn = 100

// Reasons of what a person ends.
const (
	reasonOwn        = "ended_by_person"
	reasonEverywhere = "signed_out_everywhere"
)

// Own is one of a person's sessions as that person sees it.
type Own struct {
	ID         storage.ID
	Agent      string     // user agent at sign-in
	IP         netip.Addr // address at sign-in
	SignedInAt time.Time
	SeenAt     time.Time
	AMR        []string
}

// OwnStore is what a person's list of sessions needs of the database.
type OwnStore interface {
	LiveSessionsOf(ctx context.Context, tenant, person storage.ID, now, seenAfter time.Time, limit int) ([]storage.Session, error)
	EndPerson(ctx context.Context, cmd storage.EndPerson, ev *storage.AuditEvent) error
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Own lists the live sessions of who is signed in, the newest first. Where they are is opened for that person alone.
func (m *Manager) Own(ctx context.Context, cur *Current) ([]Own, error) {
	now := m.d.Now()
	rows, err := m.d.Own.LiveSessionsOf(ctx, m.d.Tenant, cur.Person.ID, now, now.Add(-m.c.Idle), maxOwn)
	if err != nil {
		return nil, err
	}
	out := make([]Own, 0, len(rows))
	for i := range rows {
		if now.Sub(rows[i].LastSeenAt) >= m.idleOf(&rows[i]) {
			continue
		}
		own, err := m.own(&rows[i], cur.Person.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, own)
	}
	return out, nil
}

func (m *Manager) own(s *storage.Session, person storage.ID) (Own, error) {
	if s.Person != person {
		return Own{}, errs.New(errs.Forbidden, "") // somebody else's: nothing of it is opened
	}
	own := Own{ID: s.ID, SignedInAt: s.AuthTime, SeenAt: s.LastSeenAt, AMR: s.AMR}
	if s.Device.IsZero() {
		return own, nil
	}
	raw, err := m.d.Ring.Open(deviceAt(s), s.Device)
	if err != nil {
		return Own{}, fmt.Errorf("session %s: %w", s.ID, err)
	}
	var d deviceText
	if err := json.Unmarshal(raw, &d); err != nil {
		return Own{}, fmt.Errorf("session %s: %w", s.ID, err)
	}
	own.Agent, own.IP = d.Agent, d.IP
	return own, nil
}

// End ends one session of who is signed in, with its online grants; its clients are told. When it is the current one the cookie goes too. errs.NotFound
// for a session that is nobody's or somebody else's; one that has ended already is no error.
func (m *Manager) End(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *Current, id storage.ID) error {
	s, err := m.d.Reader.SessionByID(ctx, m.d.Tenant, id)
	if err != nil {
		return err
	}
	if s.Person != cur.Person.ID {
		return errs.New(errs.NotFound, "")
	}
	if err := m.d.Writer.RevokeSession(ctx, s.Tenant, s.ID, m.d.Now(), reasonOwn, m.ended(ctx, cur, id, reasonOwn)); err != nil {
		return err
	}
	m.drop(ctx, w, r, id)
	return nil
}

// EndAll ends every session of who is signed in, this one included, and their online grants; with grants also every other grant. Each session's clients
// are told and each end is on record.
func (m *Manager) EndAll(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *Current, grants bool) error {
	now, person := m.d.Now(), cur.Person.ID
	err := m.d.Own.InTx(ctx, func(ctx context.Context) error {
		rows, err := m.d.Own.LiveSessionsOf(ctx, m.d.Tenant, person, now, time.Time{}, maxOwn)
		if err != nil {
			return err
		}
		for i := range rows {
			id := rows[i].ID
			if err := m.d.Writer.RevokeSession(ctx, m.d.Tenant, id, now, reasonEverywhere, m.ended(ctx, cur, id, reasonEverywhere)); err != nil {
				return err
			}
		}
		ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
			Type: audit.SessionRevoke, Severity: audit.Notice, ActorKind: audit.Person, Actor: person.String(), Target: "person:" + person.String(),
			Reason: reasonEverywhere, Data: map[string]any{"all": true, "sessions": len(rows), "grants": grants},
		})
		cmd := storage.EndPerson{Tenant: m.d.Tenant, Person: person, Reason: reasonEverywhere, Now: now, KeepOffline: !grants}
		return m.d.Own.EndPerson(ctx, cmd, ev) // also what was signed in to meanwhile
	})
	if err != nil {
		return err
	}
	m.Forget(ctx, w, r)
	return nil
}

func (m *Manager) ended(ctx context.Context, cur *Current, id storage.ID, reason string) *storage.AuditEvent {
	return m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.SessionRevoke, Severity: audit.Notice, ActorKind: audit.Person, Actor: cur.Person.ID.String(), Target: target(id), Reason: reason,
	})
}
