package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) clientsRotate() *cobra.Command {
	var (
		secret *secretFlags
		weak   bool
	)
	cmd := c.verb("rotate-secret CLIENT_ID [flags]", "Replace a client's secret at once; the new one is printed once", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		chosen, _, err := secret.read(c.Stdin)
		if err != nil {
			return err
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			g, err := a.Registrar.RotateSecret(ctx, args[0], chosen, weak, registrant())
			if err != nil {
				return err
			}
			return c.showRegistered(g)
		})
	})
	secret = addSecret(cmd, "secret", "a secret that you chose, at least 32 characters")
	cmd.Flags().BoolVar(&weak, "weak-secret", false, "jedan_weak_secret: take a chosen secret of fewer than 32 characters")
	return cmd
}
