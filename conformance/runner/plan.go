package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

// errNoModule is returned when the names in Config.Modules leave nothing of a plan to run.
var errNoModule = errors.New("the plan has no module of the given names")

// planRun is one plan under way.
type planRun struct {
	*Runner
	plan   plans.Plan
	id     string
	redact redactor
}

func (r *Runner) runPlan(ctx context.Context, p plans.Plan) (PlanReport, error) {
	report := PlanReport{Name: p.Name, SuitePlan: p.SuitePlan, Title: p.Title, Variant: p.Variant, Commit: r.config.Commit}
	values, err := r.values(ctx, p)
	if err != nil {
		return report, err
	}
	clients, err := r.createClients(ctx, p, values, &report)
	if err != nil {
		return report, err
	}
	config, err := p.Configuration(values, clients)
	if err != nil {
		return report, err
	}
	run := planRun{Runner: r, plan: p, redact: newRedactor(secretsOf(values, clients)...)}
	if report.Configuration, err = run.redact.document(withoutScripts(config)); err != nil {
		return report, err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return report, fmt.Errorf("encode the configuration of %s: %w", p.Name, err)
	}
	id, modules, err := r.suite.createPlan(ctx, p.SuitePlan, p.Variant, raw)
	if err != nil {
		return report, err
	}
	run.id, report.ID = id, id
	err = run.runModules(ctx, r.chosen(modules), &report)
	report.Ended, report.Complete = r.deps.Now().UTC(), err == nil
	return report, err
}

// withoutScripts leaves out what conformance/plans has for everybody to read, and what would be most of the report.
func withoutScripts(config map[string]any) map[string]any {
	out := maps.Clone(config)
	delete(out, "browser")
	overrides, _ := config["override"].(map[string]any)
	kept := map[string]any{}
	for module, o := range overrides {
		own, _ := o.(map[string]any)
		if own = maps.Clone(own); own != nil {
			delete(own, "browser")
		}
		if len(own) > 0 {
			kept[module] = own
		}
	}
	delete(out, "override")
	if len(kept) > 0 {
		out["override"] = kept
	}
	return out
}

func (r *Runner) createClients(ctx context.Context, p plans.Plan, v plans.Values, report *PlanReport) ([]plans.Registered, error) {
	clients, err := p.Clients(v)
	if err != nil {
		return nil, err
	}
	out := make([]plans.Registered, 0, len(clients))
	for _, c := range clients {
		id, secret, err := r.deps.Provider.CreateClient(ctx, c.Metadata)
		if err != nil {
			return nil, fmt.Errorf("create the client %s of %s: %w", c.Role, p.Name, err)
		}
		out = append(out, plans.Registered{Client: c, ID: id, Secret: secret})
		report.Clients = append(report.Clients, ClientReport{Role: c.Role, Module: c.Module, ID: id, Metadata: c.Metadata})
	}
	return out, nil
}

func secretsOf(v plans.Values, clients []plans.Registered) []string {
	out := []string{v.Password, v.InitialAccessToken}
	for _, c := range clients {
		out = append(out, c.Secrets()...)
	}
	return out
}

func (r *Runner) chosen(all []suiteModule) []suiteModule {
	if len(r.config.Modules) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(m suiteModule) bool { return !slices.Contains(r.config.Modules, m.Name) })
}

func (r planRun) runModules(ctx context.Context, modules []suiteModule, report *PlanReport) error {
	if len(modules) == 0 {
		return fmt.Errorf("%s: %w", r.plan.Name, errNoModule)
	}
	for i, m := range modules {
		got, err := r.runModule(ctx, m)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", r.plan.Name, m.Name, err)
		}
		report.Modules = append(report.Modules, got)
		r.announce(i+1, len(modules), got)
	}
	return nil
}

// announce prints the module's line, and what the suite found if that was not expected.
func (r planRun) announce(n, of int, m ModuleReport) {
	line := fmt.Sprintf("%-25s %3d/%d %-12s %s", r.plan.Name, n, of, m.Result, m.Module)
	if v := variantText(m.Variant); v != "" {
		line += " [" + v + "]"
	}
	if m.Ours != "" {
		line += " here: " + m.Ours
	}
	line += fmt.Sprintf(" %.1fs", m.Seconds)
	if m.Accepted {
		r.say(line)
		return
	}
	r.say(line + " <-- " + m.Reason)
	for _, f := range m.Findings {
		r.say(fmt.Sprintf("    %s %s: %s", f.Result, f.Check, f.Message))
	}
}

func (r planRun) runModule(ctx context.Context, m suiteModule) (ModuleReport, error) {
	started := r.deps.Now()
	id, err := r.suite.createModule(ctx, r.id, m)
	if err != nil {
		return ModuleReport{}, err
	}
	deadline := started.Add(r.config.ModuleTimeout)
	if r.plan.RotatesKeys(m.Name) {
		if err := r.rotateKeys(ctx, id, deadline); err != nil {
			return ModuleReport{}, err
		}
	}
	note, err := r.waitForEnd(ctx, id, deadline)
	if err != nil {
		return ModuleReport{}, err
	}
	seconds := r.deps.Now().Sub(started).Seconds()
	info, err := r.suite.moduleInfo(ctx, id)
	if err != nil {
		return ModuleReport{}, err
	}
	out := ModuleReport{Module: m.Name, Variant: m.Variant, ID: id, Status: info.Status, Result: info.Result, Seconds: seconds}
	if err := r.addLog(ctx, &out); err != nil {
		return ModuleReport{}, err
	}
	r.judge(&out, note)
	return out, nil
}

func (r planRun) judge(m *ModuleReport, note string) {
	v := r.rules.Judge(expected.Outcome{Plan: r.plan.Name, Module: m.Module, Status: m.Status, Result: m.Result})
	m.Accepted, m.Reason = v.Accepted, v.Reason
	if note != "" {
		m.Accepted, m.Reason = false, note
	}
	if m.Result == "" {
		m.Result = m.Status
	}
}

// waitForEnd waits until the module has ended. A module that can end no more is stopped, and the note says why.
func (r planRun) waitForEnd(ctx context.Context, id string, deadline time.Time) (note string, err error) {
	for {
		status, err := r.suite.waitForEnd(ctx, id, r.config.Wait)
		if err != nil || status != "" {
			return "", err
		}
		stuck, err := r.suite.unvisited(ctx, id)
		if err != nil {
			return "", err
		}
		switch {
		case len(stuck) > 0:
			note = "stopped: no browser step matches " + withoutQuery(stuck[0])
		case !r.deps.Now().Before(deadline):
			note = fmt.Sprintf("stopped: not ended after %s", r.config.ModuleTimeout)
		default:
			if err := r.deps.Pause(ctx, r.config.Poll); err != nil {
				return "", err
			}
			continue
		}
		if err := r.suite.stop(ctx, id); err != nil {
			return "", err
		}
		_, err = r.suite.waitForEnd(ctx, id, r.config.Wait)
		return note, err
	}
}

// withoutQuery keeps an authorization request's parameters out of the output.
func withoutQuery(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}

// variantText is the part of a variant that tells a plan's runs of one module apart.
func variantText(v map[string]string) string {
	var parts []string
	for _, key := range []string{"response_type", "response_mode", "client_auth_type"} {
		if v[key] != "" && v[key] != "default" {
			parts = append(parts, v[key])
		}
	}
	return strings.Join(parts, ", ")
}
