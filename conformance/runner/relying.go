package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Connectors are those of the server under test, as its operator has them.
type Connectors interface {
	// Connect adds a connector that makes accounts. config is its kind's, settings are further ones of the connector. refused is the check by which what the
	// upstream says of itself was refused, and then there is no connector.
	Connect(ctx context.Context, name, title string, config, settings map[string]any) (refused string, err error)
	// Token is the access token that the upstream gave for whoever signed in last by the connector.
	Token(ctx context.Context, name string) (string, error)
	// Disconnect takes it away again, with the accounts that it made.
	Disconnect(ctx context.Context, name string) error
}

// RelyingDeps are what a run with the suite as our upstream uses beside Deps, whose Provider it does not need.
type RelyingDeps struct {
	Deps
	Connectors Connectors
	// ServerLog is the path of the server's log, in which the refusals are.
	ServerLog string
	// CA is what the suite's certificate is checked by, in PEM: the connector trusts it alone.
	CA string
}

// Relying runs plans in which the suite stands for the upstream of a connector.
type Relying struct {
	*Runner
	connectors Connectors
	log        serverLog
	ca         string
	endings    expected.Endings
}

// connectorName is the connector's, in addresses.
const connectorName = "conformance"

// NewRelying checks the configuration and loads what is expected.
func NewRelying(c Config, d RelyingDeps) (*Relying, error) {
	if d.Connectors == nil || d.ServerLog == "" || d.CA == "" {
		return nil, errors.New("the server's log and the certificate of the suite's authority must be given")
	}
	r, err := prepare(c, d.Deps)
	if err != nil {
		return nil, err
	}
	endings, err := expected.LoadEndings()
	if err != nil {
		return nil, err
	}
	out := &Relying{Runner: r, connectors: d.Connectors, log: serverLog{d.ServerLog}, ca: d.CA, endings: endings}
	_, err = out.log.end()
	return out, err
}

// Run is Runner.Run for these plans, one after the other.
func (r *Relying) Run(ctx context.Context, names []string) (Report, error) {
	if len(names) == 0 {
		return Report{}, errors.New("no conformance plan was named")
	}
	var chosen []plans.Upstream
	for _, name := range names {
		found, err := plans.MatchUpstreams(name)
		if err != nil {
			return Report{}, err
		}
		chosen = append(chosen, found...)
	}
	report, err := r.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	report.Relying = true
	for _, u := range chosen {
		var p PlanReport
		p, err = r.runPlan(ctx, u)
		report.Plans = append(report.Plans, p)
		if err != nil {
			break
		}
	}
	err = errors.Join(err, r.conclude(&report))
	if err == nil && report.Unexpected > 0 {
		err = fmt.Errorf("%w: %d of %d modules", ErrUnexpected, report.Unexpected, report.Modules)
	}
	return report, err
}

// relyingRun is one such plan under way.
type relyingRun struct {
	planRun
	side     *Relying
	upstream plans.Upstream
	pair     *plans.Pairing
}

func (r *Relying) runPlan(ctx context.Context, u plans.Upstream) (PlanReport, error) {
	report := PlanReport{Name: u.Name, SuitePlan: u.SuitePlan, Title: u.Title, Variant: u.Variant, Commit: r.config.Commit}
	pair, err := u.Pair(plans.UpstreamValues{Issuer: r.config.Issuer, Name: connectorName, CA: r.ca})
	if err != nil {
		return report, err
	}
	run := relyingRun{side: r, upstream: u, pair: pair, planRun: planRun{Runner: r.Runner, plan: plans.Plan{Name: u.Name}, redact: newRedactor(pair.Secrets()...)}}
	config := pair.Configuration()
	if report.Configuration, err = run.redact.document(config); err != nil {
		return report, err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return report, fmt.Errorf("encode the configuration of %s: %w", u.Name, err)
	}
	id, modules, err := r.suite.createPlan(ctx, u.SuitePlan, u.Variant, raw)
	if err != nil {
		return report, err
	}
	run.id, report.ID = id, id
	err = run.runModules(ctx, r.chosen(modules), &report)
	report.Ended, report.Complete = r.deps.Now().UTC(), err == nil
	return report, err
}

func (r relyingRun) runModules(ctx context.Context, modules []suiteModule, report *PlanReport) error {
	if len(modules) == 0 {
		return fmt.Errorf("%s: %w", r.upstream.Name, errNoModule)
	}
	for i, m := range modules {
		ending, known := r.side.endings.For(r.upstream.Name, m.Name, m.Variant["response_type"])
		got := ModuleReport{Module: m.Name, Variant: m.Variant, Result: expected.ResultLeftOut, Accepted: true, Reason: ending.LeftOut}
		if ending.LeftOut == "" {
			var err error
			if got, err = r.runModule(ctx, m); err != nil {
				return fmt.Errorf("%s, %s: %w", r.upstream.Name, m.Name, err)
			}
			r.weigh(&got, ending, known)
		}
		report.Modules = append(report.Modules, got)
		r.announce(i+1, len(modules), got)
	}
	return nil
}

// weigh adds whether both verdicts are as expected.
func (r relyingRun) weigh(m *ModuleReport, ending expected.Ending, known bool) {
	v := ending.Judge(expected.Outcome{Plan: r.upstream.Name, Module: m.Module, Status: m.Status, Result: m.Result}, m.Ours)
	if !known {
		v = expected.Verdict{Reason: "nobody has said what must come of it"}
	}
	switch {
	case m.Reason != "": // it was stopped
		m.Accepted = false
	default:
		m.Accepted, m.Reason = v.Accepted, v.Reason
	}
	if m.Result == "" {
		m.Result = m.Status
	}
}

// runModule has a person sign in while the module runs, and takes both verdicts.
func (r relyingRun) runModule(ctx context.Context, m suiteModule) (out ModuleReport, err error) {
	started := r.deps.Now()
	id, err := r.suite.createModule(ctx, r.id, m)
	if err != nil {
		return out, err
	}
	deadline := started.Add(r.config.ModuleTimeout)
	if err := r.waitReady(ctx, id, deadline); err != nil {
		return out, err
	}
	defer func() {
		err = errors.Join(err, r.side.connectors.Disconnect(context.WithoutCancel(ctx), connectorName))
	}()
	ours, err := r.comes(ctx, m, id)
	if err != nil {
		return out, err
	}
	note, err := r.waitForEnd(ctx, id, deadline)
	if err != nil {
		return out, err
	}
	info, err := r.suite.moduleInfo(ctx, id)
	if err != nil {
		return out, err
	}
	out = ModuleReport{Module: m.Name, Variant: m.Variant, ID: id, Status: info.Status, Result: info.Result, Ours: ours, Reason: note, Seconds: r.deps.Now().Sub(started).Seconds()}
	err = r.addLog(ctx, &out)
	return out, err
}

// comes connects the suite and signs in, and says what came of it.
func (r relyingRun) comes(ctx context.Context, m suiteModule, id string) (string, error) {
	title := "Conformance " + id
	refused, err := r.side.connectors.Connect(ctx, connectorName, title, r.pair.Config(m.Name, r.issuer(id)), r.upstream.Settings)
	switch {
	case refused != "":
		return refused, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errs.Is(err, errs.Conflict): // the operator has one of this name
		return "", err
	case err != nil:
		return "cannot be connected: " + err.Error(), nil
	case r.module(m.Name).Stops == plans.StopsAtRegistration:
		return expected.EndsRegister, nil
	}
	return r.signIns(ctx, m, title, id)
}

// issuer is what the suite calls itself in a module.
func (r relyingRun) issuer(id string) string { return r.config.Suite + "/test/" + id + "/" }

// waitReady waits until the module waits for us. One that ended before says why in its log.
func (r relyingRun) waitReady(ctx context.Context, id string, deadline time.Time) error {
	for {
		state, err := r.suite.waitFor(ctx, id, "WAITING,FINISHED,INTERRUPTED", r.config.Wait)
		if err != nil || state != "" || !r.deps.Now().Before(deadline) {
			return err
		}
		if err := r.deps.Pause(ctx, r.config.Poll); err != nil {
			return err
		}
	}
}

func (r relyingRun) module(name string) plans.UpstreamModule {
	if own, ok := r.upstream.Modules[name]; ok {
		return own
	}
	return r.upstream.Every
}

// last is the check that refused last since; "" when none did.
func (r relyingRun) last(since int64, errorID string) (string, error) {
	lines, err := r.side.log.refusals(since)
	if err != nil {
		return "", err
	}
	for _, line := range slices.Backward(lines) {
		if errorID == "" || line.ID == errorID {
			return line.Check, nil
		}
	}
	return "", nil
}
