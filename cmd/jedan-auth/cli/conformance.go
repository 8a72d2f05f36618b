package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/conformance/runner"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) conformance() *cobra.Command {
	return group("conformance", "The OpenID Foundation's conformance suite: run, run-rp, plans", c.conformanceRun(), c.conformanceRunRP(), c.conformancePlans())
}

func (c *cli) conformancePlans() *cobra.Command {
	return c.verb("plans", "List the plans that can be run", cobra.NoArgs, func(*cobra.Command, []string) error {
		type planView struct {
			Name  string `json:"name"`
			Suite string `json:"suite_plan"`
			Title string `json:"title"`
		}
		all, err := plans.All()
		if err != nil {
			return err
		}
		out := []planView{}
		for _, p := range all {
			out = append(out, planView{p.Name, p.SuitePlan, p.Title})
		}
		relying, err := plans.Upstreams()
		if err != nil {
			return err
		}
		for _, u := range relying {
			out = append(out, planView{u.Name, u.SuitePlan, u.Title})
		}
		return c.list(out, "name", "suite_plan", "title")
	})
}

// suiteFlags are a run's settings.
type suiteFlags struct {
	runner.Config
	password *secretFlags
}

func (c *cli) conformanceRun() *cobra.Command {
	var s suiteFlags
	cmd := c.verb("run PLAN… [flags]", "Run plans of a running suite against the running server", cobra.MinimumNArgs(1), func(cmd *cobra.Command, args []string) error {
		var given bool
		var err error
		if s.Password, given, err = s.password.read(c.Stdin); err != nil {
			return err
		}
		if !given || s.Username == "" {
			return usagef("conformance run needs --username, and --password-stdin or --password-file")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error { return c.runPlans(ctx, a, s.Config, args) })
	})
	f := cmd.Flags()
	s.password = addSecret(cmd, "password", "the test person's password")
	f.StringVar(&s.Suite, "suite", "https://localhost:8443", "the suite's `URL`")
	f.StringVar(&s.Username, "username", "", "identifier of the person that the suite signs in; their profile has every claim")
	f.StringSliceVar(&s.Modules, "module", nil, "run only this module; may be repeated")
	f.StringVar(&s.ReportDir, "report", "", "write report.json and report.md to this `folder`")
	f.BoolVar(&s.Keep, "keep", false, "keep the report's other plans")
	f.StringVar(&s.LogDir, "logs", "", "keep the suite's logs, which hold secrets, in this `folder`")
	f.StringVar(&s.Resource, "resource", "", "`URL` of a protected resource for plans without openid (default: one is opened on localhost)")
	f.IntVar(&s.Parallel, "parallel", 1, "plans at a time")
	f.DurationVar(&s.ModuleTimeout, "module-timeout", 4*time.Minute, "end a module that takes longer")
	cmd.Long = "Run plans of the OpenID Foundation's conformance suite against the server that runs beside this command, on the same database. A star in a\n" +
		"plan's name stands for any text. Clients are registered for the run, with keys made for it, and deleted after it. Ends with 1 when a module\n" +
		"ended otherwise than expected."
	cmd.Example = "  jedan-auth conformance run oidcc-basic --username maria@example.org --password-stdin < password.txt"
	return cmd
}

func (c *cli) runPlans(ctx context.Context, a *app.App, cfg runner.Config, names []string) (err error) {
	suite, err := runner.NewHTTPClient(cfg.Suite)
	if err != nil {
		return err
	}
	public, err := runner.NewHTTPClient(a.Config.Issuer)
	if err != nil {
		return err
	}
	server := &suiteProvider{a: a}
	defer func() { err = errors.Join(err, server.leave(context.WithoutCancel(ctx))) }()
	cfg.Issuer, cfg.Commit = a.Config.Issuer, c.build().commit()
	r, err := runner.New(cfg, runner.Deps{
		Provider: server, HTTP: suite, Public: public, Progress: func(line string) { c.note("%s", printableLine(line)) }, Now: c.Now, Pause: pause,
	})
	if err != nil {
		return err
	}
	report, err := r.Run(ctx, names)
	if err != nil && !errors.Is(err, runner.ErrUnexpected) {
		return err
	}
	return errors.Join(c.sayReport(report), err)
}

// outcomeView is one module's end as it is printed.
type outcomeView struct {
	Plan     string  `json:"plan"`
	Module   string  `json:"module"`
	Result   string  `json:"result"`
	Ours     string  `json:"ours,omitempty"`
	Accepted bool    `json:"accepted"`
	Reason   string  `json:"reason,omitempty"`
	Seconds  float64 `json:"seconds"`
}

func (c *cli) sayReport(r runner.Report) error {
	out := []outcomeView{}
	for _, p := range r.Plans {
		for _, m := range p.Modules {
			out = append(out, outcomeView{p.Name, m.Module, m.Result, m.Ours, m.Accepted, m.Reason, m.Seconds})
		}
	}
	columns := []string{"plan", "module", "result", "accepted", "reason", "seconds"}
	if r.Relying {
		columns = slices.Insert(columns, 2, "ours")
	}
	return c.list(out, columns...)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
