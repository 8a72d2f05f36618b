package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersUpdate() *cobra.Command {
	var f *claimFlags
	cmd := c.personVerb("update USER [flags]", "Change a person", func(ctx context.Context, a *app.App, p *storage.Person) error {
		return c.updatePerson(ctx, a, p, f)
	})
	f = addClaims(cmd)
	cmd.Long += " What is not given stays; an empty flag, or null in the file, takes a claim away.\n" +
		"A new password ends every session and every grant of the person. --admin=false takes administration away."
	return cmd
}

func (c *cli) updatePerson(ctx context.Context, a *app.App, p *storage.Person, f *claimFlags) error {
	patch, err := f.claims(c)
	if err != nil {
		return err
	}
	known, err := a.Directory.Claims(p)
	if err != nil {
		return err
	}
	for name, value := range patch {
		known[name] = value
	}
	phc, err := f.hash(ctx, c, a, known)
	if err != nil {
		return err
	}
	u := directory.UpdatePerson{Claims: patch}
	if f.cmd.Flags().Changed("admin") {
		u.Admin = &f.admin
	}
	if f.temporary && phc == "" {
		return usagef("--temporary goes with a password")
	}
	if len(patch) == 0 && u.Admin == nil && phc == "" {
		return usagef("users update needs something to change")
	}
	err = a.DB.InTx(ctx, func(ctx context.Context) error {
		if len(patch) > 0 || u.Admin != nil {
			if _, err := a.Directory.Update(ctx, a.Tenant, p.ID, u, person()); err != nil {
				return err
			}
		}
		if phc == "" {
			return nil
		}
		if err := a.Directory.SetPassword(ctx, a.Tenant, p.ID, phc, storage.ID{}, person()); err != nil || !f.temporary {
			return err
		}
		_, err := a.Directory.Require(ctx, a.Tenant, p.ID, directory.Requirements{Ask: []string{storage.RequireChangePassword}}, person())
		return err
	})
	if err != nil {
		return err
	}
	if p, err = a.DB.PersonByID(ctx, a.Tenant, p.ID); err != nil {
		return err
	}
	return c.show(viewOf(p))
}
