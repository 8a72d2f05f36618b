package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// factorView is a second factor as it is printed; Name is personal data, since the person chose it.
type factorView struct {
	ID         storage.ID          `json:"id"`
	Kind       string              `json:"kind"`
	State      storage.FactorState `json:"state"`
	Name       string              `json:"name,omitempty"`
	CreatedAt  time.Time           `json:"created_at"`
	LastUsedAt *time.Time          `json:"last_used_at,omitempty"`
}

// factorsView is what a person proves beside their password.
type factorsView struct {
	Factors     []factorView  `json:"factors"`
	Passkeys    int           `json:"passkeys"`
	BackupCodes int           `json:"backup_codes"`     // unused
	Locked      []factorsWait `json:"locked,omitempty"` // kinds whose codes were wrong too often
}

type factorsWait struct {
	Kind  string    `json:"kind"`
	Until time.Time `json:"until"`
}

func (c *cli) factorsOf(ctx context.Context, a *app.App, p *storage.Person) (factorsView, error) {
	out := factorsView{Factors: []factorView{}}
	rows, err := a.DB.FactorsOf(ctx, a.Tenant, p.ID)
	if err != nil {
		return out, err
	}
	for i := range rows {
		f := &rows[i]
		v := factorView{ID: f.ID, Kind: f.Kind, State: f.State, CreatedAt: moment(f.CreatedAt), LastUsedAt: utc(f.LastUsedAt)}
		if !f.Name.IsZero() {
			name, err := a.Ring.Open(seal.Location{Table: f.TableName(), Column: "name", Tenant: f.Tenant, Row: f.ID}, f.Name)
			if err != nil {
				return out, err
			}
			v.Name = string(name)
		}
		out.Factors = append(out.Factors, v)
	}
	passkeys, err := a.DB.PasskeysOf(ctx, a.Tenant, p.ID)
	if err != nil {
		return out, err
	}
	out.Passkeys = len(passkeys)
	codes, err := a.DB.BackupCodesOf(ctx, a.Tenant, p.ID)
	for _, code := range codes {
		if code.UsedAt == nil {
			out.BackupCodes++
		}
	}
	if err != nil {
		return out, err
	}
	return out, c.waits(ctx, a, p, &out)
}

func (c *cli) waits(ctx context.Context, a *app.App, p *storage.Person, out *factorsView) error {
	failures, err := a.DB.FailuresOf(ctx, a.Tenant, p.ID)
	for _, f := range failures {
		if f.NextAt.After(a.Now()) {
			out.Locked = append(out.Locked, factorsWait{f.Kind, moment(f.NextAt)})
		}
	}
	return err
}

func (c *cli) usersResetMFA() *cobra.Command {
	return c.personVerb("reset-mfa USER", "Remove a person's second factors, passkeys and backup codes, so that password or mail alone signs them in", func(ctx context.Context, a *app.App, p *storage.Person) error {
		had, err := c.factorsOf(ctx, a, p)
		if err != nil {
			return err
		}
		ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
			Type: audit.UserMFAReset, Severity: audit.Warning, ActorKind: audit.Operator, Actor: actorID(), Target: "person:" + p.ID.String(),
			Data: map[string]any{"factors": len(had.Factors), "backup_codes": had.BackupCodes, "passkeys": had.Passkeys},
		})
		if err := a.DB.ResetFactors(ctx, a.Tenant, p.ID, ev); err != nil {
			return err
		}
		return c.showPerson(ctx, a, p)
	})
}
