package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func (c *cli) consentsRevoke() *cobra.Command {
	var o *ownerFlags
	cmd := c.verb("revoke --user USER --client CLIENT_ID", "Forget a consent, and end the grants that stand on it", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if o.user == "" || o.client == "" {
			return usagef("consents revoke needs --user and --client")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			person, client, err := o.find(ctx, a)
			if err != nil {
				return err
			}
			ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
				Type: audit.ConsentRevoke, Severity: audit.Notice, ActorKind: audit.Operator, Actor: actorID(), Target: "person:" + person.String(), Client: o.client,
				Reason: byOperator,
			})
			err = a.DB.RevokeConsent(ctx, a.Tenant, person, client, a.Now(), ev)
			if errs.Is(err, errs.NotFound) {
				return errs.Wrap(errs.NotFound, "There is no such consent.", err)
			}
			if err != nil {
				return err
			}
			return c.show(revoked{1})
		})
	})
	o = addOwner(cmd)
	return cmd
}
