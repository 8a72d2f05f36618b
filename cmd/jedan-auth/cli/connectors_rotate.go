package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) connectorsRotate() *cobra.Command {
	cmd := c.verb("rotate-key NAME", "Replace the keys of ours that an upstream knows", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			used, err := a.Connectors.RotateKeys(ctx, args[0], person())
			if err != nil {
				return err
			}
			if used {
				c.note("The next keys are in use now; the last ones still decrypt what was encrypted to them.")
			} else {
				c.note("The next keys are published. Once %s has read them, run this again to use them.", args[0])
			}
			return nil
		})
	})
	cmd.Long = "Replace the keys of ours that an upstream knows, in two steps. The first makes new ones and publishes them beside those in use, in SAML metadata or at the connector's jwks address. The second uses them. Between the two the upstream must have read them; one that is given our metadata by hand must be given it again."
	return cmd
}

func (c *cli) connectorsRefresh() *cobra.Command {
	return c.verb("refresh-metadata NAME", "Read an identity provider's metadata now", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := a.Connectors.Refresh(ctx, args[0], person()); err != nil {
				return err
			}
			c.note("The metadata of %s counts; running servers read it with their next sign-in.", args[0])
			return nil
		})
	})
}
