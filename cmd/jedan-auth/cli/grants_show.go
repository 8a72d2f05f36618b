package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) grantsShow() *cobra.Command {
	return c.verb("show GRANT", "Show a grant", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			g, err := findGrant(ctx, a, args[0])
			if err != nil {
				return err
			}
			v, err := clientNames{}.view(ctx, a, g)
			if err != nil {
				return err
			}
			return c.show(v)
		})
	})
}
