package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) outboxShow() *cobra.Command {
	return c.verb("show MESSAGE", "Show a message", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			m, err := findMessage(ctx, a, args[0])
			if err != nil {
				return err
			}
			v, err := clientNames{}.messageOf(ctx, a, m)
			if err != nil {
				return err
			}
			return c.show(v)
		})
	})
}
