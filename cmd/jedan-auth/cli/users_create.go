package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func (c *cli) usersCreate() *cobra.Command {
	var f *claimFlags
	cmd := c.verb("create [flags]", "Create a person", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		claims, err := f.claims(c)
		if err != nil {
			return err
		}
		for name, value := range claims {
			if value == nil {
				delete(claims, name)
			}
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			phc, err := f.hash(ctx, c, a, claims)
			if err != nil {
				return err
			}
			p, err := a.Directory.Create(ctx, a.Tenant, directory.NewPerson{Claims: claims, PasswordHash: phc, Admin: f.admin, Temporary: f.temporary}, person())
			if errs.Is(err, errs.Conflict) {
				return errs.Wrap(errs.Conflict, "This mail address or user name is taken.", err)
			}
			if err != nil {
				return err
			}
			return c.show(viewOf(p))
		})
	})
	f = addClaims(cmd)
	cmd.Long = "Create a person. A mail address or a user name is needed. The password is read from standard input or a file; without one the person cannot sign\n" +
		"in with a password. --file takes a JSON object of OpenID standard claims (OpenID Connect Core section 5.1) and username; flags go over it."
	cmd.Example = "  jedan-auth users create --email maria@example.org --name \"Maria Horvat\" --email-verified --password-stdin < password.txt\n" +
		"  jedan-auth users create --file person.json"
	return cmd
}
