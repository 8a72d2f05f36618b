package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) auditExport() *cobra.Command {
	var (
		e  *eventFlags
		to string
	)
	cmd := c.verb("export [flags]", "Write events as JSON lines, the oldest first", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		f, err := e.filter(c.Now())
		if err != nil {
			return err
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) (err error) {
			out := c.Stdout
			if to != "" {
				file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
				if err != nil {
					return err
				}
				return errors.Join(exportEvents(ctx, a, e, f, file), file.Close())
			}
			return exportEvents(ctx, a, e, f, out)
		})
	})
	e = addEvents(cmd)
	cmd.Flags().StringVar(&to, "to", "", "write to this new `file`, readable by its owner only, instead of standard output")
	return cmd
}

func exportEvents(ctx context.Context, a *app.App, e *eventFlags, f storage.AuditFilter, w io.Writer) error {
	lines := json.NewEncoder(w)
	return eachEvent(ctx, a, f, func(ev audit.Event) error { return lines.Encode(e.shown(ev)) })
}
