package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) resourcesDelete() *cobra.Command {
	return c.verb("delete IDENTIFIER", "Delete a protected resource", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := a.Registrar.DeleteResource(ctx, args[0], registrant()); err != nil {
				return err
			}
			return c.show(deleted{ID: args[0], Deleted: true})
		})
	})
}
