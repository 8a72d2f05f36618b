package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersLock() *cobra.Command {
	var disable bool
	cmd := c.personVerb("lock USER", "Keep a person from signing in, and end their sessions and grants", func(ctx context.Context, a *app.App, p *storage.Person) error {
		state := storage.PersonLocked
		if disable {
			state = storage.PersonDisabled
		}
		return c.setState(ctx, a, p, state)
	})
	cmd.Flags().BoolVar(&disable, "disable", false, "for good: the state is disabled instead of locked")
	return cmd
}

func (c *cli) usersUnlock() *cobra.Command {
	return c.personVerb("unlock USER", "Let a person sign in again", func(ctx context.Context, a *app.App, p *storage.Person) error {
		return c.setState(ctx, a, p, storage.PersonActive)
	})
}

func (c *cli) setState(ctx context.Context, a *app.App, p *storage.Person, state storage.PersonState) error {
	if p.State != state {
		if err := a.Directory.SetState(ctx, a.Tenant, p.ID, state, person()); err != nil {
			return err
		}
	}
	row, err := a.DB.PersonByID(ctx, a.Tenant, p.ID)
	if err != nil {
		return err
	}
	return c.show(viewOf(row))
}
