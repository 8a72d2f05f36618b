package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) clientsInitial() *cobra.Command {
	return group("initial-token", "Initial access tokens, with which others register clients themselves: create, list, delete",
		c.initialCreate(), c.initialList(), c.initialDelete())
}

// initialToken is an initial access token as it is shown.
type initialToken struct {
	ID        string    `json:"id"`
	Token     string    `json:"initial_access_token,omitempty"` // only when it was made just now
	Note      string    `json:"note,omitempty"`
	UsesLeft  *int      `json:"uses_left,omitempty"` // absent: any number
	ExpiresAt time.Time `json:"expires_at"`
	CreatedAt time.Time `json:"created_at"`
}

func initialTokenOf(a *storage.InitialAccess) initialToken {
	t := initialToken{ID: a.ID.String(), Note: a.Note, ExpiresAt: a.ExpiresAt, CreatedAt: a.CreatedAt}
	if a.UsesLeft >= 0 {
		t.UsesLeft = &a.UsesLeft
	}
	return t
}

func (c *cli) initialCreate() *cobra.Command {
	in := register.InitialAccess{}
	cmd := c.verb("create [flags]", "Make an initial access token; it is printed once", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		in.Actor = registrant()
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			token, row, err := a.Registrar.NewInitialAccess(ctx, in)
			if err != nil {
				return err
			}
			if !a.Config.Register.On() {
				c.note("Warning: registration.mode is off, so that nobody can use the token yet.")
			}
			c.note("The token is shown this once and kept nowhere.")
			shown := initialTokenOf(row)
			shown.Token = token
			return c.showJSON(shown)
		})
	})
	f := cmd.Flags()
	f.IntVar(&in.Uses, "uses", 1, "how many clients may be registered with it; -1 is any number")
	f.DurationVar(&in.Life, "expires-in", 24*time.Hour, "how long it counts")
	f.StringVar(&in.Note, "note", "", "whom it is for")
	cmd.Example = "  jedan-auth clients initial-token create --uses 5 --expires-in 72h --note \"Team Files\""
	return cmd
}

func (c *cli) initialList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List initial access tokens", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []initialToken{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.InitialAccess, error) {
				return a.DB.InitialAccesses(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(row *storage.InitialAccess) storage.ID { return row.ID }, func(row *storage.InitialAccess) (bool, error) {
				out = append(out, initialTokenOf(row))
				return true, nil
			})
			if err != nil {
				return err
			}
			return c.list(out, "id", "note", "uses_left", "expires_at")
		})
	})
	p = addPage(cmd)
	return cmd
}

func (c *cli) initialDelete() *cobra.Command {
	return c.verb("delete ID", "End an initial access token at once; clients that it registered stay", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		id, err := storage.ParseID(args[0])
		if err != nil {
			return errs.Wrap(errs.NotFound, "There is no such initial access token.", err)
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := a.Registrar.DeleteInitialAccess(ctx, id, registrant()); err != nil {
				return err
			}
			return c.show(deleted{ID: args[0], Deleted: true})
		})
	})
}
