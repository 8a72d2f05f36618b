package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersExport() *cobra.Command {
	var to string
	cmd := c.personVerb("export USER [flags]", "Write everything that is kept about a person", func(ctx context.Context, a *app.App, p *storage.Person) error {
		if to == "" {
			return a.ExportPerson(ctx, c.Stdout, p.ID, person())
		}
		return exportTo(ctx, a, to, p)
	})
	cmd.Flags().StringVar(&to, "to", "", "write to this new `file`, readable by its owner only, instead of standard output")
	cmd.Long += " One JSON object with a member for each table (GDPR articles 15 and 20): rows by column, sealed ones opened, without what opens something\n" +
		"(hashes of passwords and tokens). Its last member, complete, is true. That it was written is on record."
	return cmd
}

// exportTo writes to a file that was not there before. One that could not be finished is removed.
func exportTo(ctx context.Context, a *app.App, path string, p *storage.Person) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	err = errors.Join(a.ExportPerson(ctx, f, p.ID, person()), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
