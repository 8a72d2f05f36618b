package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) resources() *cobra.Command {
	return group("resources", "Protected resources (RFC 8707): create, list, show, update, delete",
		c.resourcesCreate(), c.resourcesList(), c.resourcesShow(), c.resourcesUpdate(), c.resourcesDelete())
}

// resourceFlags are a resource's settings as flags, and a file for all of them.
type resourceFlags struct {
	cmd                       *cobra.Command
	name, format, owner, file string
	scopes, acr               []string
	lifetime, maxAge          time.Duration
	alg                       string
}

func addResource(cmd *cobra.Command) *resourceFlags {
	r := &resourceFlags{cmd: cmd}
	f := cmd.Flags()
	f.StringVar(&r.file, "file", "", "JSON `file` (- for standard input) with resource, resource_name, scopes_supported, …; flags go over it")
	f.StringVar(&r.name, "name", "", "name for people")
	f.StringSliceVar(&r.scopes, "scope", nil, "scope that the resource defines; may be repeated")
	f.StringVar(&r.format, "token-format", "", "access tokens for it: jwt or opaque (default: the client's)")
	f.DurationVar(&r.lifetime, "lifetime", 0, "lifetime of access tokens for it, such as 10m (default: the client's or the server's)")
	f.StringVar(&r.alg, "token-alg", "", "signing algorithm of JWT access tokens for it (default: the client's)")
	f.StringSliceVar(&r.acr, "acr", nil, "class of authentication that it demands of people; may be repeated: one of them must be met")
	f.DurationVar(&r.maxAge, "max-age", 0, "how old a person's sign-in may be, such as 15m (default: any age)")
	f.StringVar(&r.owner, "owner", "", "`client_id` of the client that may introspect tokens for it")
	return r
}

// read takes the file's settings; without a file it changes nothing.
func (r *resourceFlags) read(c *cli, into *register.Resource) error {
	if r.file == "" {
		return nil
	}
	raw, err := c.readFile(r.file)
	if err != nil {
		return err
	}
	*into = register.Resource{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	_, whole := keys.DecodeClaims(raw) // one object, no name twice
	if err := d.Decode(into); err != nil || whole != nil || d.Decode(&struct{}{}) != io.EOF {
		return errs.New(errs.Invalid, "The file is not one JSON object with the members of a resource.")
	}
	return nil
}

// apply writes the flags that were given over res.
func (r *resourceFlags) apply(res *register.Resource) {
	given := r.cmd.Flags().Changed
	if given("name") {
		res.Name = r.name
	}
	if given("scope") {
		res.Scopes = slices.DeleteFunc(r.scopes, func(s string) bool { return s == "" })
	}
	if given("token-format") {
		res.TokenFormat = r.format
	}
	if given("lifetime") {
		res.Seconds = int(r.lifetime / time.Second)
	}
	if given("token-alg") {
		res.Alg = r.alg
	}
	if given("acr") {
		res.ACRValues = slices.DeleteFunc(r.acr, func(s string) bool { return s == "" })
	}
	if given("max-age") {
		res.MaxAge = int(r.maxAge / time.Second)
	}
	if given("owner") {
		res.Owner = r.owner
	}
}

func findResource(ctx context.Context, a *app.App, identifier string) (*storage.Resource, error) {
	row, err := a.DB.ResourceByIdentifier(ctx, a.Tenant, identifier)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such resource.", err)
	}
	return row, err
}

func (c *cli) showResource(ctx context.Context, a *app.App, row *storage.Resource) error {
	res, err := a.Registrar.ResourceOf(ctx, row)
	if err != nil {
		return err
	}
	return c.showJSON(res)
}
