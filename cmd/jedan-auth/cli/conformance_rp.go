package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/conformance/runner"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

// relyingFlags are the settings of a run in which the suite is our upstream.
type relyingFlags struct {
	runner.Config
	log string
	ca  string
}

func (c *cli) conformanceRunRP() *cobra.Command {
	var s relyingFlags
	cmd := c.verb("run-rp PLAN… --server-log FILE --ca FILE [flags]", "Run plans in which a running suite is an upstream of the running server", cobra.MinimumNArgs(1), func(cmd *cobra.Command, args []string) error {
		if s.log == "" || s.ca == "" {
			return usagef("conformance run-rp needs --server-log and --ca")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error { return c.runRelying(ctx, a, s, args) })
	})
	f := cmd.Flags()
	f.StringVar(&s.Suite, "suite", "https://localhost:8443", "the suite's `URL`")
	f.StringVar(&s.log, "server-log", "", "the running server's log, a `file` of lines in JSON: it names the checks that refuse")
	f.StringVar(&s.ca, "ca", "", "`file` with the certificate of the suite's authority, in PEM")
	f.StringSliceVar(&s.Modules, "module", nil, "run only this module; may be repeated")
	f.StringVar(&s.ReportDir, "report", "", "write rp-report.json and rp-report.md to this `folder`")
	f.BoolVar(&s.Keep, "keep", false, "keep the report's other plans")
	f.StringVar(&s.LogDir, "logs", "", "keep the suite's logs, which hold secrets, in this `folder`")
	f.DurationVar(&s.ModuleTimeout, "module-timeout", 4*time.Minute, "end a module that takes longer")
	cmd.Long = "Run plans in which the OpenID Foundation's conformance suite is an upstream of the server that runs beside this command, on the same database.\n" +
		"For each module a connector is made, one person signs in by it, and the connector goes again with the account that it made. Ends with 1 when a\n" +
		"sign-in or the suite's verdict was not as expected."
	cmd.Example = "  jedan-auth conformance run-rp 'rp-*' --server-log server.log --ca suite-ca.crt"
	return cmd
}

func (c *cli) runRelying(ctx context.Context, a *app.App, s relyingFlags, names []string) error {
	ca, err := c.readFile(s.ca)
	if err != nil {
		return err
	}
	suite, err := runner.NewHTTPClient(s.Suite)
	if err != nil {
		return err
	}
	public, err := runner.NewHTTPClient(a.Config.Issuer)
	if err != nil {
		return err
	}
	s.Issuer, s.Commit = a.Config.Issuer, c.build().commit()
	r, err := runner.NewRelying(s.Config, runner.RelyingDeps{
		Deps:       runner.Deps{HTTP: suite, Public: public, Progress: func(line string) { c.note("%s", printableLine(line)) }, Now: c.Now, Pause: pause},
		Connectors: &suiteConnectors{a: a, now: c.Now}, ServerLog: s.log, CA: string(ca),
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
