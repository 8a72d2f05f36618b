package cli

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) keysExport() *cobra.Command {
	return c.verb("export-jwks", "Print the public keys as a JWK set (RFC 7517)", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(_ context.Context, a *app.App) error {
			body, _, _ := a.Keys.JWKS()
			return c.showJSON(json.RawMessage(body))
		})
	})
}
