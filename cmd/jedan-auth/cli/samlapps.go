package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) samlApps() *cobra.Command {
	return group("saml-apps", "Applications that sign people in by SAML: create, list, show, update, delete, rotate-key",
		c.samlAppsCreate(), c.samlAppsList(), c.samlAppsShow(), c.samlAppsUpdate(), c.samlAppsDelete(), c.samlAppsRotate())
}

// samlFlags are an application's settings: a file for all of them, its metadata, and flags for what is changed most.
type samlFlags struct {
	cmd                     *cobra.Command
	file, metadata, url     string
	entity, title, template string
	off                     bool
}

func addSAML(cmd *cobra.Command) *samlFlags {
	f := &samlFlags{cmd: cmd}
	cmd.Flags().StringVar(&f.file, "file", "", "JSON `file` (- for standard input) with entity_id, title, disabled and settings; metadata and flags go over it")
	cmd.Flags().StringVar(&f.metadata, "metadata", "", "`file` with the application's metadata: its addresses and keys")
	cmd.Flags().StringVar(&f.url, "metadata-url", "", "https `URL` of the metadata, fetched this once")
	cmd.Flags().StringVar(&f.entity, "entity-id", "", "what the application calls itself; chooses one where metadata has several")
	cmd.Flags().StringVar(&f.title, "title", "", "what people see")
	cmd.Flags().StringVar(&f.template, "template", "", "presets: "+strings.Join(samlidp.Templates(), ", "))
	cmd.Flags().BoolVar(&f.off, "disabled", false, "switch it off")
	cmd.MarkFlagsMutuallyExclusive("metadata", "metadata-url")
	return f
}

// apply writes the file, the flags and the metadata that were given over d.
func (f *samlFlags) apply(ctx context.Context, c *cli, a *app.App, d *samlidp.Draft) error {
	if f.file != "" {
		if err := f.read(c, d); err != nil {
			return err
		}
	}
	given := f.cmd.Flags().Changed
	if given("entity-id") {
		d.EntityID = f.entity
	}
	if given("title") {
		d.Title = f.title
	}
	if given("template") {
		d.Settings.Template = f.template
	}
	if given("disabled") {
		d.Disabled = f.off
	}
	switch {
	case f.url != "":
		return a.SAML.DescribeBy(ctx, d, f.url)
	case f.metadata != "":
		raw, err := c.readFile(f.metadata)
		if err != nil {
			return err
		}
		return a.SAML.Describe(ctx, d, raw)
	}
	return nil
}

// read takes the file. The name is the command's.
func (f *samlFlags) read(c *cli, d *samlidp.Draft) error {
	raw, err := c.readFile(f.file)
	if err != nil {
		return err
	}
	next := samlidp.Draft{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&next); err != nil {
		return errs.New(errs.Invalid, "The file is not a JSON object with entity_id, title, disabled and settings: "+strings.TrimPrefix(err.Error(), "json: ")+".")
	}
	if dec.Decode(&struct{}{}) != io.EOF {
		return errs.New(errs.Invalid, "The file has more than one JSON object.")
	}
	next.Name = d.Name
	*d = next
	return nil
}

func (c *cli) showSAMLApp(a *app.App, row *storage.SAMLApp) error {
	d, err := a.SAML.Draft(row)
	if err != nil {
		return err
	}
	return c.showJSON(d)
}

func (c *cli) samlAppsCreate() *cobra.Command {
	var f *samlFlags
	cmd := c.verb("create NAME [flags]", "Add an application", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			d := samlidp.Draft{Name: args[0]}
			if err := f.apply(ctx, c, a, &d); err != nil {
				return err
			}
			row, err := a.SAML.Create(ctx, d, person())
			if err != nil {
				return err
			}
			c.note("Give the application our metadata: %s/saml/idp/metadata", a.Config.Issuer)
			return c.showSAMLApp(a, row)
		})
	})
	f = addSAML(cmd)
	cmd.Long = "Add an application that signs people in by SAML. NAME is what policies call it (saml:NAME) and is never changed: 2 to 32 small letters, digits and -."
	cmd.Example = "  jedan-auth saml-apps create files --title \"Acme Files\" --metadata files.xml --file files.json"
	return cmd
}

// samlAppView is an application in a list.
type samlAppView struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	EntityID string `json:"entity_id"`
	Disabled bool   `json:"disabled"`
}

func (c *cli) samlAppsList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List applications", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []samlAppView{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.SAMLApp, error) {
				return a.DB.SAMLApps(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(r *storage.SAMLApp) storage.ID { return r.ID }, func(r *storage.SAMLApp) (bool, error) {
				out = append(out, samlAppView{r.Name, r.Title, r.EntityID, r.Disabled})
				return true, nil
			})
			if err != nil {
				return err
			}
			return c.list(out, "name", "title", "entity_id", "disabled")
		})
	})
	p = addPage(cmd)
	return cmd
}

func (c *cli) samlAppsShow() *cobra.Command {
	return c.verb("show NAME", "Show an application's settings", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.SAML.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			return c.showSAMLApp(a, row)
		})
	})
}

func (c *cli) samlAppsUpdate() *cobra.Command {
	var f *samlFlags
	cmd := c.verb("update NAME [flags]", "Change an application", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			next := samlidp.Draft{}
			row, err := a.SAML.ByName(ctx, args[0])
			if err == nil {
				next, err = a.SAML.Draft(row)
			}
			if err == nil {
				err = f.apply(ctx, c, a, &next) // metadata may have to be fetched: not while the row is held
			}
			if err != nil {
				return err
			}
			row, err = a.SAML.Update(ctx, args[0], func(d *samlidp.Draft) error { *d = next; return nil }, person())
			if err != nil {
				return err
			}
			return c.showSAMLApp(a, row)
		})
	})
	f = addSAML(cmd)
	cmd.Long = "Change an application. A file replaces all settings; metadata replaces addresses and keys."
	return cmd
}

func (c *cli) samlAppsDelete() *cobra.Command {
	return c.verb("delete NAME", "Remove an application", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			return a.SAML.Delete(ctx, args[0], person())
		})
	})
}

func (c *cli) samlAppsRotate() *cobra.Command {
	var after time.Duration
	cmd := c.verb("rotate-key [flags]", "Make the next key that signs assertions", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if after < 0 {
			return errs.New(errs.Invalid, "--after is no time that has passed.")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			cert, from, err := a.SAMLKeys.Rotate(ctx, after, person())
			if err != nil {
				return err
			}
			c.note("The new certificate is in our metadata now, and signs from %s on. Applications that do not read it again must be given it before.", from.UTC().Format(time.RFC3339))
			_, err = fmt.Fprint(c.Stdout, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})))
			return err
		})
	})
	cmd.Flags().DurationVar(&after, "after", 14*24*time.Hour, "how long it is published before it signs")
	return cmd
}
