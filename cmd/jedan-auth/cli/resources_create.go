package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

func (c *cli) resourcesCreate() *cobra.Command {
	var f *resourceFlags
	cmd := c.verb("create [IDENTIFIER] [flags]", "Register a protected resource", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		var res register.Resource
		if err := f.read(c, &res); err != nil {
			return err
		}
		if len(args) > 0 {
			res.Identifier = args[0]
		}
		if res.Identifier == "" {
			return usagef("resources create needs an identifier, as argument or in the file")
		}
		f.apply(&res)
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Registrar.CreateResource(ctx, res, registrant())
			if err != nil {
				return err
			}
			return c.showResource(ctx, a, row)
		})
	})
	f = addResource(cmd)
	cmd.Long = "Register a protected resource. IDENTIFIER is an absolute URI without fragment, such as https://api.acme.example (RFC 8707 section 2)."
	cmd.Example = "  jedan-auth resources create https://api.acme.example --name Orders --scope orders:read,orders:write --owner orders-api"
	return cmd
}
