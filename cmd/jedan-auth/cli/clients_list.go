package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) clientsList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List clients", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []register.Document{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Client, error) {
				return a.DB.Clients(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(row *storage.Client) storage.ID { return row.ID }, func(row *storage.Client) (bool, error) {
				out = append(out, register.DocumentOf(row))
				return true, nil
			})
			if err != nil {
				return err
			}
			return c.list(out, "client_id", "client_name", "application_type", "token_endpoint_auth_method", "grant_types", "jedan_disabled")
		})
	})
	p = addPage(cmd)
	return cmd
}
