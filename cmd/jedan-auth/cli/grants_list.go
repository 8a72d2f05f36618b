package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) grantsList() *cobra.Command {
	var (
		p     *pageFlags
		o     *ownerFlags
		ended bool
	)
	cmd := c.verb("list [flags]", "List grants that count", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			person, client, err := o.find(ctx, a)
			if err != nil {
				return err
			}
			out, err := c.grantsOf(ctx, a, p, grantFilter{person: person, client: client, ended: ended})
			if err != nil {
				return err
			}
			return c.list(out, "id", "client_id", "person", "live", "scopes", "refresh_token", "created_at", "expires_at")
		})
	})
	p, o = addPage(cmd), addOwner(cmd)
	cmd.Flags().BoolVar(&ended, "all", false, "also those that expired or were revoked")
	return cmd
}
