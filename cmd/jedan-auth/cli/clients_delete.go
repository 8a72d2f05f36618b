package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

// deleted is what delete prints.
type deleted struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func (c *cli) clientsDelete() *cobra.Command {
	return c.verb("delete CLIENT_ID", "Delete a client with its consents, and end its grants", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := a.Registrar.Delete(ctx, args[0], registrant()); err != nil {
				return err
			}
			return c.show(deleted{ID: args[0], Deleted: true})
		})
	})
}
