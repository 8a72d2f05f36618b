package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

func (c *cli) resourcesUpdate() *cobra.Command {
	var f *resourceFlags
	cmd := c.verb("update IDENTIFIER [flags]", "Change a protected resource", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().NFlag() == 0 {
			return usagef("resources update needs something to change")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Registrar.UpdateResource(ctx, args[0], func(res *register.Resource) error {
				if err := f.read(c, res); err != nil {
					return err
				}
				if res.Identifier == "" {
					res.Identifier = args[0]
				}
				f.apply(res)
				return nil
			}, registrant())
			if err != nil {
				return err
			}
			return c.showResource(ctx, a, row)
		})
	})
	f = addResource(cmd)
	return cmd
}
