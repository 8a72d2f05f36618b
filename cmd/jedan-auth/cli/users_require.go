package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersRequire() *cobra.Command {
	var password, email, address, lift bool
	cmd := c.personVerb("require USER [flags]", "Have a person do something before anything else", func(ctx context.Context, a *app.App, p *storage.Person) error {
		var names []string
		if password {
			names = append(names, storage.RequireChangePassword)
		}
		if email {
			names = append(names, storage.RequireVerifyEmail)
		}
		if address {
			names = append(names, storage.RequireAddEmail)
		}
		r := directory.Requirements{Ask: names}
		if lift {
			r = directory.Requirements{Lift: names}
		}
		p, err := a.Directory.Require(ctx, a.Tenant, p.ID, r, person())
		if err != nil {
			return err
		}
		return c.show(viewOf(p))
	})
	cmd.Flags().BoolVar(&password, "change-password", false, "set a new password")
	cmd.Flags().BoolVar(&email, "verify-email", false, "prove the mail address, which counts as unproved from now on")
	cmd.Flags().BoolVar(&address, "add-email", false, "give a mail address and prove it, where there is none")
	cmd.Flags().BoolVar(&lift, "lift", false, "do not ask for it any more")
	cmd.MarkFlagsOneRequired("change-password", "verify-email", "add-email")
	cmd.Long += " It is asked for at the next sign-in, and at the next request of an application in a session that is open.\n" +
		"No session and no grant ends."
	return cmd
}
