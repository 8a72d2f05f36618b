package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) resourcesList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List protected resources", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []register.Resource{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Resource, error) {
				return a.DB.Resources(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(row *storage.Resource) storage.ID { return row.ID }, func(row *storage.Resource) (bool, error) {
				res, err := a.Registrar.ResourceOf(ctx, row)
				out = append(out, res)
				return true, err
			})
			if err != nil {
				return err
			}
			return c.list(out, "resource", "resource_name", "scopes_supported", "jedan_access_token_format", "jedan_access_token_seconds", "jedan_owner")
		})
	})
	p = addPage(cmd)
	return cmd
}
