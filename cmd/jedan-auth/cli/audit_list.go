package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
)

func (c *cli) auditList() *cobra.Command {
	var (
		e     *eventFlags
		limit int
	)
	cmd := c.verb("list [flags]", "List the newest events, the newest last", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if limit < 1 {
			return usagef("--limit must be 1 or more")
		}
		f, err := e.filter(c.Now())
		if err != nil {
			return err
		}
		f.Newest, f.Limit = true, limit
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []audit.Event{}
			if err := eachEvent(ctx, a, f, func(ev audit.Event) error { out = append(out, e.shown(ev)); return nil }); err != nil {
				return err
			}
			slices.Reverse(out)
			columns := eventColumns()
			if e.personal {
				columns = append(columns, "ip", "device")
			}
			return c.list(out, columns...)
		})
	})
	e = addEvents(cmd)
	cmd.Flags().IntVar(&limit, "limit", 50, "print at most so many")
	return cmd
}
