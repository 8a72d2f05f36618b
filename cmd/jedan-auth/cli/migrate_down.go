package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/jobs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

func (c *cli) migrateDown() *cobra.Command {
	var (
		steps int
		yes   bool
	)
	cmd := c.verb("down --yes [flags]", "Take back the newest migrations; this loses data", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		switch {
		case steps < 1:
			return usagef("--steps must be 1 or more")
		case !yes:
			return usagef("migrate down loses data: say --yes")
		}
		return c.withDatabase(cmd, true, func(ctx context.Context, db *gormdb.DB, dataDir string) error {
			done, err := migrations.Down(ctx, db.SQL(), db.Dialect(), dataDir, steps)
			if err != nil {
				return err
			}
			if len(done) > 0 && done[len(done)-1].Version == 1 { // nothing of ours is left: the queue's tables go too
				if err := jobs.Migrate(ctx, db.SQL(), string(db.Dialect()), false); err != nil {
					return err
				}
			}
			return c.listSteps(done)
		})
	})
	cmd.Flags().IntVar(&steps, "steps", 1, "how many")
	cmd.Flags().BoolVar(&yes, "yes", false, "really")
	return cmd
}
