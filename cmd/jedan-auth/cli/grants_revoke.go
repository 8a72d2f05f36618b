package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// revoked is what revoke prints.
type revoked struct {
	Revoked int `json:"revoked"` // how many ended by this command
}

func (c *cli) grantsRevoke() *cobra.Command {
	var o *ownerFlags
	cmd := c.verb("revoke [GRANT] [flags]", "End one grant, or all of a person, a client, or both", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		if (len(args) == 1) == (o.user != "" || o.client != "") {
			return usagef("grants revoke needs a grant's id, or --user, --client, or both")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			ids, err := c.grantsToRevoke(ctx, a, args, o)
			if err != nil {
				return err
			}
			n := 0
			for _, g := range ids {
				done, err := revokeGrant(ctx, a, g)
				if err != nil {
					return err
				}
				if done {
					n++
				}
			}
			return c.show(revoked{n})
		})
	})
	o = addOwner(cmd)
	return cmd
}

func (c *cli) grantsToRevoke(ctx context.Context, a *app.App, args []string, o *ownerFlags) ([]grantView, error) {
	if len(args) == 1 {
		g, err := findGrant(ctx, a, args[0])
		if err != nil {
			return nil, err
		}
		v, err := clientNames{}.view(ctx, a, g)
		return []grantView{v}, err
	}
	person, client, err := o.find(ctx, a)
	if err != nil {
		return nil, err
	}
	return c.grantsOf(ctx, a, &pageFlags{limit: 1 << 30}, grantFilter{person: person, client: client})
}

func revokeGrant(ctx context.Context, a *app.App, g grantView) (bool, error) {
	ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
		Type: audit.GrantRevoke, Severity: audit.Notice, ActorKind: audit.Operator, Actor: actorID(), Target: "grant:" + g.ID.String(), Client: g.ClientID,
		Reason: byOperator,
	})
	return a.DB.RevokeGrant(ctx, storage.RevokeGrant{Tenant: a.Tenant, Grant: g.ID, Now: a.Now(), Reason: byOperator, Announce: true}, ev)
}
