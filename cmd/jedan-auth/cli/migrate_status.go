package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

func (c *cli) migrateStatus() *cobra.Command {
	return c.verb("status", "List migrations and whether each is applied", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withDatabase(cmd, true, func(ctx context.Context, db *gormdb.DB, dataDir string) error {
			states, err := migrations.Status(ctx, db.SQL(), db.Dialect(), dataDir)
			if err != nil {
				return err
			}
			return c.listSteps(states)
		})
	})
}
