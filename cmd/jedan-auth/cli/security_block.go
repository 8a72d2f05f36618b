package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/risk/firewall"
	"github.com/jedan-auth/jedan-auth/storage"
)

func number(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// targetFlags say what a rule is about: an argument for a network, a flag for the rest.
type targetFlags struct{ country, agent string }

func addTarget(cmd *cobra.Command) *targetFlags {
	t := &targetFlags{}
	cmd.Flags().StringVar(&t.country, "country", "", "a country of two `letters` instead of a network")
	cmd.Flags().StringVar(&t.agent, "agent", "", "a `part` of a user agent instead of a network")
	return t
}

func (t *targetFlags) rule(args []string) (kind, value string, err error) {
	named := 0
	for k, v := range map[string]string{firewall.Country: t.country, firewall.Agent: t.agent} {
		if v != "" {
			kind, value, named = k, v, named+1
		}
	}
	if len(args) == 1 {
		kind, value, named = firewall.Network, args[0], named+1
	}
	if named != 1 {
		return "", "", usagef("name one network, or --country, or --agent")
	}
	if value, err = firewall.Canonical(kind, value); err != nil {
		return "", "", usagef("%s", errs.MessageOf(err))
	}
	return kind, value, nil
}

func (c *cli) securityBlock() *cobra.Command {
	var (
		t     *targetFlags
		note  string
		allow bool
		life  time.Duration
	)
	cmd := c.verb("block [NETWORK] [flags]", "Keep out a network, a country or a user agent; with --allow, let it in although a wider rule keeps it out", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		kind, value, err := t.rule(args)
		if err != nil {
			return err
		}
		if life < 0 {
			return usagef("--for must be positive")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			now := a.Now()
			r := &storage.FirewallRule{Tenant: a.Tenant, ID: storage.NewID(now), Effect: firewall.Deny, Kind: kind, Value: value, Note: note, CreatedAt: now}
			if allow {
				r.Effect = firewall.Allow
			}
			if life > 0 {
				until := now.Add(life)
				r.ExpiresAt = &until
			}
			err := a.DB.InsertFirewallRule(ctx, r, a.Audit.Row(ctx, a.Tenant, ruleEvent(audit.FirewallBlock, r)))
			if errs.Is(err, errs.Conflict) {
				return errs.Wrap(errs.Conflict, "There is a rule for this already: unblock it first.", err)
			}
			if err != nil {
				return err
			}
			return c.show(ruleView(r))
		})
	})
	t = addTarget(cmd)
	cmd.Flags().StringVar(&note, "note", "", "why, for people")
	cmd.Flags().BoolVar(&allow, "allow", false, "let in instead of keeping out")
	cmd.Flags().DurationVar(&life, "for", 0, "how long; 0: until it is unblocked")
	return cmd
}

// ruleEvent says what was ruled. A network is no single person's address, but it may be: it is sealed with the rest of the data.
func ruleEvent(kind string, r *storage.FirewallRule) audit.Event {
	return audit.Event{
		Type: kind, Severity: audit.Notice, ActorKind: audit.Operator, Actor: actorID(), Target: "firewall:" + r.Kind,
		Data: map[string]any{"effect": r.Effect, "value": r.Value},
	}
}

func (c *cli) securityUnblock() *cobra.Command {
	var t *targetFlags
	cmd := c.verb("unblock [NETWORK] [flags]", "Remove the rule about a network, a country or a user agent", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		kind, value, err := t.rule(args)
		if err != nil {
			return err
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			r := &storage.FirewallRule{Kind: kind, Value: value}
			err := a.DB.DeleteFirewallRule(ctx, a.Tenant, kind, value, a.Audit.Row(ctx, a.Tenant, ruleEvent(audit.FirewallUnblock, r)))
			if errs.Is(err, errs.NotFound) {
				return errs.Wrap(errs.NotFound, "There is no such rule.", err)
			}
			return err
		})
	})
	t = addTarget(cmd)
	return cmd
}
