package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/spf13/cobra"
)

// personExport is everything that is kept about a person (GDPR articles 15 and 20), secrets aside.
type personExport struct {
	Person   personView    `json:"person"`
	Sessions []sessionView `json:"sessions"`
	Consents []consentView `json:"consents"`
	Grants   []grantView   `json:"grants"`
	Events   []audit.Event `json:"events"`
}

func (c *cli) usersExport() *cobra.Command {
	var to string
	cmd := c.personVerb("export USER [flags]", "Write everything that is kept about a person", func(ctx context.Context, a *app.App, p *storage.Person) error {
		out, err := c.exportPerson(ctx, a, p)
		if err != nil {
			return err
		}
		if to == "" {
			return c.showJSON(out)
		}
		return writePrivate(to, out)
	})
	cmd.Flags().StringVar(&to, "to", "", "write to this new `file`, readable by its owner only, instead of standard output")
	return cmd
}

func (c *cli) exportPerson(ctx context.Context, a *app.App, p *storage.Person) (personExport, error) {
	out := personExport{Person: viewOf(p)}
	var err error
	if out.Person.Claims, err = a.Directory.Claims(p); err != nil {
		return out, err
	}
	second, err := c.factorsOf(ctx, a, p)
	if err != nil {
		return out, err
	}
	out.Person.factorsView = &second
	if out.Sessions, err = c.sessionsOf(ctx, a, p, true); err != nil {
		return out, err
	}
	all := &pageFlags{limit: 1 << 30}
	if out.Consents, err = c.consentsOf(ctx, a, all, p.ID, storage.ID{}); err != nil {
		return out, err
	}
	if out.Grants, err = c.grantsOf(ctx, a, all, grantFilter{person: p.ID, ended: true}); err != nil {
		return out, err
	}
	for _, filter := range []storage.AuditFilter{{Actor: p.ID.String()}, {Target: "person:" + p.ID.String()}} {
		if err := eachEvent(ctx, a, filter, func(e audit.Event) error { out.Events = append(out.Events, e); return nil }); err != nil {
			return out, err
		}
	}
	return out, nil
}

// writePrivate writes JSON to a file that was not there before.
func writePrivate(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	return errors.Join(err, f.Close())
}
