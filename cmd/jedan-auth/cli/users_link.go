package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

// linkView is a link as it is printed, this once.
type linkView struct {
	ID        storage.ID `json:"id"` // of the person
	Link      string     `json:"link"`
	ExpiresAt time.Time  `json:"expires_at"`
	Factors   bool       `json:"removes_factors"`
}

func (c *cli) usersRecoveryLink() *cobra.Command {
	var factors bool
	const short = "Print a link that works once, to set a new password; hand it over in a safe way"
	cmd := c.personVerb("recovery-link USER", short, func(ctx context.Context, a *app.App, p *storage.Person) error {
		link, until, err := a.RecoveryLink(ctx, p, factors, person())
		if err != nil {
			return err
		}
		return c.show(linkView{ID: p.ID, Link: link, ExpiresAt: moment(until), Factors: factors})
	})
	cmd.Flags().BoolVar(&factors, "lost-factors", false, "remove all second factors, passkeys and backup codes when it is used")
	return cmd
}
