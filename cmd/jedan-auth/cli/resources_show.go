package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) resourcesShow() *cobra.Command {
	return c.verb("show IDENTIFIER", "Show a protected resource", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := findResource(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.showResource(ctx, a, row)
		})
	})
}
