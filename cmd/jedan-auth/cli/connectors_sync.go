package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func (c *cli) connectorsSync() *cobra.Command {
	var o federation.SyncOptions
	cmd := c.verb("sync NAME [flags]", "Compare a directory with what is known of it", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			report, err := a.Syncs.Run(ctx, args[0], o)
			if err != nil {
				return err
			}
			if err := c.showJSON(report); err != nil {
				return err
			}
			if report.Asks {
				return errs.New(errs.Conflict, "It would end more than one in ten, and has ended nobody. Look at the directory and at the connector's base_dn and user_filter; if it is right, run it with --allow-mass.")
			}
			if report.GroupsAsk {
				return errs.New(errs.Conflict, "It would take more than one in ten of the memberships that group rules have given, or the directory shows no groups, and it has taken none. Look at the directory and at the connector's groups; if it is right, run it with --allow-mass.")
			}
			return nil
		})
	})
	cmd.Flags().BoolVar(&o.Full, "full", false, "compare everybody, not only what has changed")
	cmd.Flags().BoolVar(&o.AllowMass, "allow-mass", false, "end as many people as the directory has disabled or deleted, and take as many memberships as its groups say")
	cmd.Long = "Compare a directory with what is known of it, now. The server does so by itself, as the connector's sync settings say. People who are linked with somebody that is disabled, expired or gone there lose their sessions and grants; their memberships here follow the connector's group rules."
	return cmd
}
