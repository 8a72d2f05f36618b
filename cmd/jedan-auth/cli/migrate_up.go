package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/jobs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

func (c *cli) migrateUp() *cobra.Command {
	return c.verb("up", "Apply what is pending; serve does so by itself", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withDatabase(cmd, false, func(ctx context.Context, db *gormdb.DB, dataDir string) error {
			if err := os.MkdirAll(dataDir, 0o700); err != nil {
				return err
			}
			done, err := migrations.Up(ctx, db.SQL(), db.Dialect(), dataDir)
			if err != nil {
				return err
			}
			if err := jobs.Migrate(ctx, db.SQL(), string(db.Dialect()), true); err != nil {
				return err
			}
			return c.listSteps(done)
		})
	})
}
