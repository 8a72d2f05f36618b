package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// verified is what verify prints.
type verified struct {
	Events   int          `json:"events"`
	Sealed   int          `json:"sealed"`   // have details that are authenticated together with tenant and id
	Broken   []storage.ID `json:"broken"`   // details that do not open: changed, moved, or sealed with a key that is gone
	Misdated []storage.ID `json:"misdated"` // the time differs from the one in the id by more than a minute: changed
	Oldest   *time.Time   `json:"oldest,omitempty"`
	Newest   *time.Time   `json:"newest,omitempty"`
	Intact   bool         `json:"intact"`
	Remarks  string       `json:"remarks"`
}

func (c *cli) auditVerify() *cobra.Command {
	cmd := c.verb("verify", "Check that stored events open and are where they were written", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			v, err := verifyEvents(ctx, a)
			if err != nil {
				return err
			}
			if err := c.show(v); err != nil {
				return err
			}
			if !v.Intact {
				return errs.New(errs.Conflict, "Some events are not what was written.")
			}
			return nil
		})
	})
	cmd.Long = "Check every stored event: its sealed details must open under its own id, and its time must be the one in its id. This finds details that were\n" +
		"changed or moved. It cannot find events that somebody with the database's password deleted: send them elsewhere as they happen for that."
	return cmd
}

func verifyEvents(ctx context.Context, a *app.App) (verified, error) {
	v := verified{Broken: []storage.ID{}, Misdated: []storage.ID{}, Remarks: "deleted events are not found by this"}
	f := storage.AuditFilter{Limit: batch}
	for {
		rows, err := a.DB.AuditEvents(ctx, a.Tenant, f)
		if err != nil {
			return v, err
		}
		for i := range rows {
			v.add(a, &rows[i])
			f.After = rows[i].ID
		}
		if len(rows) < batch {
			v.Intact = len(v.Broken)+len(v.Misdated) == 0
			return v, nil
		}
	}
}

func (v *verified) add(a *app.App, row *storage.AuditEvent) {
	at := row.Time.UTC()
	if v.Events++; v.Oldest == nil {
		v.Oldest = &at
	}
	v.Newest = &at
	if !row.Detail.IsZero() {
		v.Sealed++
	}
	if _, err := a.Audit.Open(*row); err != nil {
		v.Broken = append(v.Broken, row.ID)
	}
	if d := row.Time.Sub(idTime(row.ID)); d < -time.Minute || d > time.Minute {
		v.Misdated = append(v.Misdated, row.ID)
	}
}

// idTime is when a UUIDv7 was made (RFC 9562 section 5.7).
func idTime(id storage.ID) time.Time {
	var ms int64
	for _, b := range id[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms)
}
