package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) clientsShow() *cobra.Command {
	return c.verb("show CLIENT_ID", "Show a client's registration, without its secret", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := findClient(ctx, a, args[0])
			if err != nil {
				return err
			}
			return c.showJSON(register.DocumentOf(row))
		})
	})
}

func findClient(ctx context.Context, a *app.App, clientID string) (*storage.Client, error) {
	row, err := a.DB.ClientByClientID(ctx, a.Tenant, clientID)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such client.", err)
	}
	return row, err
}
