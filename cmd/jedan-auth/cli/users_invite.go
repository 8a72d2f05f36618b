package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

// invited is what is printed of an invitation: the link goes to the address and nowhere else.
type invited struct {
	Invited bool `json:"invited"`
}

func (c *cli) usersInvite() *cobra.Command {
	var email, locale string
	cmd := c.verb("invite --email E [flags]", "Mail an invitation to make an account", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := a.Invite(ctx, email, locale, person()); err != nil {
				return err
			}
			return c.show(invited{Invited: true})
		})
	})
	cmd.Flags().StringVar(&email, "email", "", "mail address that may make an account")
	cmd.Flags().StringVar(&locale, "locale", "en", "language of the mail, such as de")
	_ = cmd.MarkFlagRequired("email") //nolint:errcheck // the flag was just added
	cmd.Long = "Mail an invitation. Its link works once, for this address alone, and as long as login.signup.invitation says. It needs login.signup.mode to be\n" +
		"open, invitation or domain. The mail leaves with the server's next look at its outbox."
	return cmd
}
