package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) connectors() *cobra.Command {
	return group("connectors", "Upstream identity providers: create, list, show, update, delete, try, test, sync, rotate-key, refresh-metadata",
		c.connectorsCreate(), c.connectorsList(), c.connectorsShow(), c.connectorsUpdate(), c.connectorsDelete(), c.connectorsTry(), c.connectorsTest(), c.connectorsSync(), c.connectorsRotate(), c.connectorsRefresh())
}

// draftFlags are a connector's settings: a file for all of them, and flags for what is changed most.
type draftFlags struct {
	cmd    *cobra.Command
	file   string
	title  string
	off    bool
	secret *secretFlags
	bind   *secretFlags
}

func addDraft(cmd *cobra.Command) *draftFlags {
	f := &draftFlags{cmd: cmd, secret: addSecret(cmd, "client-secret", "the secret that the upstream gave us"), bind: addSecret(cmd, "bind-password", "the password of our account in the directory")}
	cmd.Flags().StringVar(&f.file, "file", "", "JSON `file` (- for standard input) with title, disabled and settings; flags go over it")
	cmd.Flags().StringVar(&f.title, "title", "", "what people see")
	cmd.Flags().BoolVar(&f.off, "disabled", false, "switch it off")
	return f
}

// apply writes the file and the flags that were given over d.
func (f *draftFlags) apply(c *cli, d *federation.Draft) error {
	if f.file != "" {
		if err := f.read(c, d); err != nil {
			return err
		}
	}
	if f.cmd.Flags().Changed("title") {
		d.Title = f.title
	}
	if f.cmd.Flags().Changed("disabled") {
		d.Disabled = f.off
	}
	for member, from := range map[string]*secretFlags{"client_secret": f.secret, "bind_password": f.bind} {
		secret, given, err := from.read(c.Stdin)
		if err != nil {
			return err
		}
		if !given {
			continue
		}
		if err := withMember(&d.Settings.Config, member, secret); err != nil {
			return err
		}
	}
	return nil
}

// read takes the file. Name and kind are the command's.
func (f *draftFlags) read(c *cli, d *federation.Draft) error {
	raw, err := c.readFile(f.file)
	if err != nil {
		return err
	}
	next := federation.Draft{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&next); err != nil {
		return errs.New(errs.Invalid, "The file is not a JSON object with title, disabled and settings: "+strings.TrimPrefix(err.Error(), "json: ")+".")
	}
	if dec.Decode(&struct{}{}) != io.EOF {
		return errs.New(errs.Invalid, "The file has more than one JSON object.")
	}
	next.Name, next.Kind, next.Managed = d.Name, d.Kind, d.Managed
	*d = next
	return nil
}

// withMember sets a member of a JSON object.
func withMember(object *json.RawMessage, name, value string) error {
	members := map[string]any{}
	if len(*object) > 0 {
		if err := json.Unmarshal(*object, &members); err != nil {
			return errs.New(errs.Invalid, "config is a JSON object.")
		}
	}
	members[name] = value
	raw, err := json.Marshal(members)
	*object = raw
	return err
}

func (c *cli) showConnector(a *app.App, row *storage.Connector) error {
	d, err := a.Connectors.Draft(row)
	if err != nil {
		return err
	}
	return c.showJSON(d)
}

func (c *cli) connectorsCreate() *cobra.Command {
	var f *draftFlags
	var kind, issuer, client string
	cmd := c.verb("create NAME [flags]", "Add an upstream", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		d := federation.Draft{Name: args[0], Kind: kind}
		if err := f.apply(c, &d); err != nil {
			return err
		}
		for name, value := range map[string]string{"issuer": issuer, "client_id": client} {
			if value == "" {
				continue
			}
			if err := withMember(&d.Settings.Config, name, value); err != nil {
				return err
			}
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Connectors.Create(ctx, d, person())
			if err != nil {
				return err
			}
			if what := registering(row.Kind); what != "" {
				c.note(what, a.Config.Issuer, row.Name)
			}
			return c.showConnector(a, row)
		})
	})
	f = addDraft(cmd)
	cmd.Flags().StringVar(&kind, "kind", "oidc", "protocol that it speaks: oidc, oauth2, saml or ldap")
	cmd.Flags().StringVar(&issuer, "issuer", "", "its issuer `URL`")
	cmd.Flags().StringVar(&client, "client-id", "", "our client_id there")
	cmd.Long = "Add an upstream identity provider. NAME stands in addresses and is never changed: 2 to 32 small letters, digits and -. Without create in its settings only people who have linked it can sign in by it."
	cmd.Long += " With a template in its config (oidc: google, microsoft, apple, gitlab, linkedin, slack; oauth2: github, discord, facebook) it knows that provider's addresses and rules."
	cmd.Example = "  jedan-auth connectors create corp --title \"Acme\" --issuer https://login.acme.example --client-id jedan --client-secret-file ./secret --file corp.json"
	return cmd
}

// registering says what the upstream must know.
func registering(kind string) string {
	if kind == "saml" {
		return "Give the identity provider our metadata: %s/saml/%s/metadata"
	}
	if kind == "ldap" {
		return ""
	}
	return "Register this address there as redirect URI: %s/federation/%s/callback"
}

// connectorView is a connector in a list.
type connectorView struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Title    string `json:"title"`
	Disabled bool   `json:"disabled"`
	Managed  bool   `json:"managed"`
}

func (c *cli) connectorsList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List upstreams", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []connectorView{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Connector, error) {
				return a.DB.Connectors(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(r *storage.Connector) storage.ID { return r.ID }, func(r *storage.Connector) (bool, error) {
				out = append(out, connectorView{r.Name, r.Kind, r.Title, r.Disabled, r.Managed})
				return true, nil
			})
			if err != nil {
				return err
			}
			return c.list(out, "name", "kind", "title", "disabled", "managed")
		})
	})
	p = addPage(cmd)
	return cmd
}

func (c *cli) connectorsShow() *cobra.Command {
	return c.verb("show NAME", "Show an upstream's settings, without its secrets", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Connectors.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			return c.showConnector(a, row)
		})
	})
}

func (c *cli) connectorsUpdate() *cobra.Command {
	var f *draftFlags
	cmd := c.verb("update NAME [flags]", "Change an upstream", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Connectors.Update(ctx, args[0], func(d *federation.Draft) error { return f.apply(c, d) }, person())
			if err != nil {
				return err
			}
			return c.showConnector(a, row)
		})
	})
	f = addDraft(cmd)
	cmd.Long = "Change an upstream. A file replaces all settings; secrets that it does not name stay, unless they would go to another server."
	return cmd
}

func (c *cli) connectorsDelete() *cobra.Command {
	return c.verb("delete NAME", "Remove an upstream with everybody's link to it", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			return a.Connectors.Delete(ctx, args[0], person())
		})
	})
}

// identityFile is what a dry run reads.
type identityFile struct {
	Claims  map[string]any `json:"claims"`
	Profile map[string]any `json:"profile"`
	Groups  []string       `json:"groups"`
	ACR     string         `json:"acr"`
	AMR     []string       `json:"amr"`
}

func (c *cli) connectorsTry() *cobra.Command {
	cmd := c.verb("try NAME FILE", "Show what an upstream's rules make of claims", cobra.ExactArgs(2), func(cmd *cobra.Command, args []string) error {
		raw, err := c.readFile(args[1])
		if err != nil {
			return err
		}
		var in identityFile
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			return errs.New(errs.Invalid, "The file is not one JSON object with claims, profile, groups, acr and amr.")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			row, err := a.Connectors.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			said, err := a.Connectors.Try(row, &federation.Identity{Claims: in.Claims, Profile: in.Profile, Groups: in.Groups, ACR: in.ACR, AMR: in.AMR})
			if err != nil {
				return err
			}
			return c.showJSON(said)
		})
	})
	cmd.Long = "Show what an upstream's mapping and mfa rules make of claims. Nobody is signed in, created or linked. FILE is JSON (- for standard input) with what the upstream would say: claims, and profile, groups, acr and amr as its kind reads them."
	return cmd
}
