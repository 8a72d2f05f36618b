package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) keysList() *cobra.Command {
	return c.verb("list", "List signing keys", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, c.listKeys)
	})
}

func (c *cli) listKeys(ctx context.Context, a *app.App) error {
	rows, err := a.DB.SigningKeys(ctx, a.Tenant)
	if err != nil {
		return err
	}
	out := []keyView{}
	for i := range rows {
		out = append(out, viewOfKey(&rows[i], a.Now()))
	}
	return c.list(out, "kid", "alg", "state", "activates_at", "retires_at", "expires_at")
}
