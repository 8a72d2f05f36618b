package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) connectorsTest() *cobra.Command {
	cmd := c.verb("test NAME", "Print a link to a page that walks one sign-in by an upstream and shows what comes of it", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Connectors.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.Stdout, a.Connectors.TestURL(row, a.Config.Issuer))
			return err
		})
	})
	cmd.Long = "Print a link to a connector's test page, good for 15 minutes. It shows every claim, what the rules make of them and the check that refuses, if one does. Nobody is signed in, created or linked. The server must be running."
	return cmd
}
