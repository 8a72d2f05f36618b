package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersList() *cobra.Command {
	var (
		p        *pageFlags
		personal bool
	)
	cmd := c.verb("list [flags]", "List people, without personal data unless it is asked for", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []personView{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Person, error) {
				return a.DB.People(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(p *storage.Person) storage.ID { return p.ID }, func(p *storage.Person) (bool, error) {
				v := viewOf(p)
				if personal {
					v.Name, v.Identifier = a.Directory.Display(p)
				}
				out = append(out, v)
				return true, nil
			})
			if err != nil {
				return err
			}
			columns := []string{"id", "state", "admin", "password", "created_at"}
			if personal {
				columns = append(columns, "identifier", "name")
			}
			return c.list(out, columns...)
		})
	})
	p = addPage(cmd)
	cmd.Flags().BoolVar(&personal, "personal", false, "also print names and mail addresses or user names")
	return cmd
}
