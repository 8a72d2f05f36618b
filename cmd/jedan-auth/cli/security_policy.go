package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	riskchecks "github.com/jedan-auth/jedan-auth/risk/checks"
	risksession "github.com/jedan-auth/jedan-auth/risk/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// policyView is a row of what is in force as it is printed.
type policyView struct {
	Rule   string  `json:"rule"`
	Value  string  `json:"value"`
	Weight float64 `json:"weight,omitempty"`
	Note   string  `json:"note,omitempty"`
}

func (c *cli) securityPolicy() *cobra.Command {
	var s scene
	cmd := c.verb("policy [flags]", "What is in force: rules, thresholds, checks with their weights, and rules of the firewall; with --act, what the rules decide about a case", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if cmd.Flags().Changed("act") {
				return c.simulate(ctx, a, &s)
			}
			out := policyRows(a)
			var after storage.ID
			for {
				rules, err := a.DB.FirewallRules(ctx, a.Tenant, after, batch)
				if err != nil {
					return err
				}
				for i := range rules {
					out = append(out, ruleView(&rules[i]))
					after = rules[i].ID
				}
				if len(rules) < batch {
					return c.list(out, "rule", "value", "weight", "note")
				}
			}
		})
	})
	s.flags(cmd)
	return cmd
}

// policyRows are what the configuration puts in force.
func policyRows(a *app.App) []policyView {
	var out []policyView
	for _, r := range a.Config.Policy.Rules {
		out = append(out, policyView{Rule: "policy." + r.Name, Value: r.When, Note: r.Then.String()})
	}
	t := a.Config.Risk.Thresholds()
	out = append(out, policyView{Rule: "threshold.step_up", Value: number(t.StepUp)}, policyView{Rule: "threshold.deny", Value: denyWord(t.Deny)})
	for _, row := range riskchecks.Rows() {
		out = append(out, policyView{Rule: "check." + row.Name, Value: "on", Weight: row.Weight})
	}
	for _, row := range risksession.Rows() {
		out = append(out, policyView{Rule: "check." + row.Name, Value: "on", Weight: row.Weight})
	}
	return append(out, policyView{Rule: "sessions.authorize", Value: string(a.Config.Risk.Sessions.Authorize)},
		policyView{Rule: "sessions.refresh", Value: string(a.Config.Risk.Sessions.Refresh)})
}

// scene is a case to decide, as it is typed.
type scene struct {
	given  policy.Given
	user   string
	client string
	age    time.Duration
	at     string
}

func (s *scene) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.given.Request.Act, "act", "", "decide about a case: "+strings.Join(policy.Acts(), ", "))
	f.StringVar(&s.user, "user", "", "person, by id, email address or user name; empty: nobody in no group")
	f.StringVar(&s.client, "client", "", "client_id; empty: none")
	f.StringSliceVar(&s.given.Request.Scopes, "scope", nil, "scope that is asked for; repeatable")
	f.StringSliceVar(&s.given.Request.Resources, "resource", nil, "resource that is asked for; repeatable")
	f.StringVar(&s.given.Session.ACR, "acr", "1", "class of the sign-in")
	f.StringSliceVar(&s.given.Session.AMR, "amr", []string{"pwd"}, "methods of the sign-in")
	f.DurationVar(&s.age, "age", 0, "how long ago the sign-in was")
	f.StringVar(&s.given.Network.Address, "from", "", "IP address")
	f.StringVar(&s.given.Network.Country, "country", "", "country of the address, two letters")
	f.BoolVar(&s.given.Device.Known, "known", false, "the person has signed in with the browser before")
	f.BoolVar(&s.given.Device.Trusted, "trusted", false, "the person trusts the browser")
	f.Float64Var(&s.given.Risk.Score, "score", 0, "score of the risk engine")
	f.BoolVar(&s.given.Risk.StepUp, "doubted", false, "the score is over the threshold of a second factor")
	f.StringVar(&s.at, "at", "", "time, such as 2026-11-29T21:30:00Z; empty: now")
}

// simulated is what a simulation prints.
type simulated struct {
	Rules   []string     `json:"rules"`
	Then    policy.Then  `json:"then"`
	Lacks   string       `json:"lacks"` // what the sign-in has not got of it
	Problem string       `json:"problem,omitempty"`
	Given   policy.Given `json:"given"`
}

// simulate decides about a case by the rules of the configuration. It changes nothing.
func (c *cli) simulate(ctx context.Context, a *app.App, s *scene) error {
	if !policy.IsAct(s.given.Request.Act) {
		return usagef("--act is one of %s", strings.Join(policy.Acts(), ", "))
	}
	s.given.Now, s.given.Session.Age = a.Now().UTC(), int64(s.age/time.Second)
	if s.at != "" {
		at, err := time.Parse(time.RFC3339, s.at)
		if err != nil {
			return usagef("--at is a time such as 2026-11-29T21:30:00Z")
		}
		s.given.Now = at
	}
	var who *storage.Person
	if s.user != "" {
		var err error
		if who, err = findPerson(ctx, a, s.user); err != nil {
			return err
		}
	}
	d, err := a.Simulate(ctx, &s.given, who, s.client)
	if err != nil {
		return err
	}
	out := simulated{Rules: append([]string{}, d.Rules...), Then: d.Then, Given: s.given, Lacks: string(d.Lacks(s.given.Session.ACR, s.given.Session.AMR, s.age))}
	if d.Err != nil {
		out.Problem = d.Err.Error()
	}
	return c.showJSON(out)
}
