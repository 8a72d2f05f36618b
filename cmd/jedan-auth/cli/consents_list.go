package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) consentsList() *cobra.Command {
	var (
		p *pageFlags
		o *ownerFlags
	)
	cmd := c.verb("list [flags]", "List remembered consents", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			person, client, err := o.find(ctx, a)
			if err != nil {
				return err
			}
			out, err := c.consentsOf(ctx, a, p, person, client)
			if err != nil {
				return err
			}
			return c.list(out, "id", "person", "client_id", "scopes", "declined", "resources", "updated_at")
		})
	})
	p, o = addPage(cmd), addOwner(cmd)
	return cmd
}
