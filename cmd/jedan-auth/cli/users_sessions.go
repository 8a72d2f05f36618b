package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// byOperator is the reason of what an operator ends.
const byOperator = "operator"

// sessionView is a session as it is printed; Device is personal data.
type sessionView struct {
	ID         storage.ID      `json:"id"`
	Live       bool            `json:"live"`
	AuthTime   time.Time       `json:"auth_time"`
	ACR        string          `json:"acr"`
	AMR        []string        `json:"amr"`
	LastSeenAt time.Time       `json:"last_seen_at"`
	ExpiresAt  time.Time       `json:"expires_at"`
	RevokedAt  *time.Time      `json:"revoked_at,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Device     json.RawMessage `json:"device,omitempty"`
}

func (c *cli) usersSessions() *cobra.Command {
	var (
		personal, endAll bool
		end              string
	)
	cmd := c.personVerb("sessions USER [flags]", "List or end a person's sessions", func(ctx context.Context, a *app.App, p *storage.Person) error {
		if err := c.endSessions(ctx, a, p, end, endAll); err != nil {
			return err
		}
		out, err := c.sessionsOf(ctx, a, p, personal)
		if err != nil {
			return err
		}
		columns := []string{"id", "live", "auth_time", "amr", "last_seen_at", "expires_at", "reason"}
		if personal {
			columns = append(columns, "device")
		}
		return c.list(out, columns...)
	})
	cmd.Flags().BoolVar(&personal, "personal", false, "also print addresses and devices")
	cmd.Flags().StringVar(&end, "end", "", "end the session with this `id`")
	cmd.Flags().BoolVar(&endAll, "end-all", false, "end every session and grant of the person")
	cmd.MarkFlagsMutuallyExclusive("end", "end-all")
	return cmd
}

func (c *cli) sessionsOf(ctx context.Context, a *app.App, p *storage.Person, personal bool) ([]sessionView, error) {
	rows, err := a.DB.SessionsOf(ctx, a.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	now, out := a.Now(), []sessionView{}
	for i := range rows {
		s := &rows[i]
		v := sessionView{
			ID: s.ID, Live: s.RevokedAt == nil && now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(a.Config.Sessions.Idle)), AuthTime: moment(s.AuthTime),
			ACR: s.ACR, AMR: s.AMR, LastSeenAt: moment(s.LastSeenAt), ExpiresAt: moment(s.ExpiresAt), RevokedAt: utc(s.RevokedAt), Reason: s.Reason,
		}
		if personal && !s.Device.IsZero() {
			at := seal.Location{Table: s.TableName(), Column: "device", Tenant: s.Tenant, Row: s.ID}
			if v.Device, err = a.Ring.Open(at, s.Device); err != nil {
				return nil, err
			}
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *cli) endSessions(ctx context.Context, a *app.App, p *storage.Person, one string, all bool) error {
	event := audit.Event{Type: audit.SessionRevoke, Severity: audit.Notice, ActorKind: audit.Operator, Actor: actorID(), Reason: byOperator}
	switch {
	case all:
		event.Target, event.Data = "person:"+p.ID.String(), map[string]any{"all": true}
		cmd := storage.EndPerson{Tenant: a.Tenant, Person: p.ID, Reason: byOperator, Now: a.Now()}
		return a.DB.EndPerson(ctx, cmd, a.Audit.Row(ctx, a.Tenant, event))
	case one == "":
		return nil
	}
	id, err := storage.ParseID(one)
	if err != nil {
		return usagef("--end must be a session's id")
	}
	s, err := a.DB.SessionByID(ctx, a.Tenant, id)
	if errs.Is(err, errs.NotFound) || err == nil && s.Person != p.ID {
		return errs.New(errs.NotFound, "This person has no such session.")
	}
	if err != nil || s.RevokedAt != nil {
		return err
	}
	event.Target, event.Data = "person:"+p.ID.String(), map[string]any{"session": id.String()} // so that the person finds it in their list
	return a.DB.RevokeSession(ctx, a.Tenant, id, a.Now(), byOperator, a.Audit.Row(ctx, a.Tenant, event))
}
