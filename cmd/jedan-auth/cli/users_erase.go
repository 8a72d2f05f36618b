package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

// erased is what erase prints.
type erased struct {
	ID     storage.ID `json:"id"`
	Erased bool       `json:"erased"`
}

func (c *cli) usersErase() *cobra.Command {
	var yes bool
	cmd := c.personVerb("erase USER --yes", "Erase a person with everything that is kept of them but the log; it cannot be undone", func(ctx context.Context, a *app.App, p *storage.Person) error {
		if !yes {
			return usagef("users erase cannot be undone: say --yes")
		}
		if err := a.ErasePerson(ctx, p.ID, person()); err != nil {
			return err
		}
		return c.show(erased{ID: p.ID, Erased: true})
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "really")
	return cmd
}
