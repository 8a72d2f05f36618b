package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is what report.json holds. It has no secret.
type Report struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Complete is false when the run had to stop: modules are missing.
	Complete bool `json:"complete"`
	// Partial is true when only some modules were asked for.
	Partial bool `json:"partial"`
	// Relying is true when the suite stood for our upstream.
	Relying bool         `json:"relying_party,omitempty"`
	Server  ServerReport `json:"server"`
	Suite   SuiteInfo    `json:"suite"`
	// Modules counts those that ran, Unexpected those that ended otherwise than expected.
	Modules    int          `json:"modules"`
	Unexpected int          `json:"unexpected"`
	Plans      []PlanReport `json:"plans"`
}

// ServerReport says what was tested.
type ServerReport struct {
	Commit        string `json:"commit"`
	Issuer        string `json:"issuer"`
	Configuration any    `json:"configuration,omitempty"`
}

// PlanReport is one plan's run.
type PlanReport struct {
	Name      string            `json:"name"`
	SuitePlan string            `json:"suite_plan"`
	Title     string            `json:"title"`
	Variant   map[string]string `json:"variant"`
	// ID is the suite's; it is gone when the suite's store is.
	ID string `json:"id"`
	// Clients are the registrations that the provider was given.
	Clients []ClientReport `json:"clients,omitempty"`
	// Configuration is what the suite was given, without secrets and without the browser's scripts.
	Configuration any `json:"configuration,omitempty"`
	// Commit names the provider's build that this plan ran against, Ended is when it did.
	Commit string    `json:"commit"`
	Ended  time.Time `json:"ended"`
	// Complete is false when the plan had to stop half-way.
	Complete bool           `json:"complete"`
	Modules  []ModuleReport `json:"modules"`
}

// ClientReport is one client that was created for the plan.
type ClientReport struct {
	Role string `json:"role"`
	// Module is the one module that the client was for; empty: all others.
	Module   string          `json:"module,omitempty"`
	ID       string          `json:"client_id"`
	Metadata json.RawMessage `json:"metadata"`
}

// ModuleReport is one module's end.
type ModuleReport struct {
	Module  string            `json:"module"`
	Variant map[string]string `json:"variant,omitempty"`
	ID      string            `json:"id"`
	// Status and Result are the suite's words.
	Status string `json:"status"`
	Result string `json:"result"`
	// Ours is what came of the sign-in here, where the suite stood for our upstream.
	Ours     string `json:"ours,omitempty"`
	Accepted bool   `json:"accepted"`
	// Reason says why a result other than PASSED is accepted, or why a module is not.
	Reason  string  `json:"reason,omitempty"`
	Seconds float64 `json:"seconds"`
	// LogSHA256 is over the log as the suite's API gave it, in hexadecimal.
	LogSHA256 string    `json:"log_sha256"`
	Findings  []Finding `json:"findings,omitempty"`
}

func (r *Report) finish(now time.Time) {
	r.Ended, r.Complete = now.UTC(), true
	r.Modules, r.Unexpected = 0, 0
	for _, p := range r.Plans {
		r.Complete = r.Complete && p.Complete
		for _, m := range p.Modules {
			r.Modules++
			if !m.Accepted {
				r.Unexpected++
			}
		}
	}
}

// keep takes over the plans of an earlier report that this one does not have.
func (r *Report) keep(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, r.name()+".json")) //nolint:gosec // the folder that the report is written to
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the report to be continued: %w", err)
	}
	var old Report
	if err := json.Unmarshal(raw, &old); err != nil {
		return fmt.Errorf("read the report to be continued: %w", err)
	}
	for _, p := range old.Plans {
		if !slices.ContainsFunc(r.Plans, func(n PlanReport) bool { return n.Name == p.Name }) {
			r.Plans = append(r.Plans, p)
		}
	}
	slices.SortFunc(r.Plans, func(a, b PlanReport) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// name is how the report's files are called.
func (r Report) name() string {
	if r.Relying {
		return "rp-report"
	}
	return "report"
}

// Write puts report.json and report.md, or rp-report.json and rp-report.md, into the folder, which is made if need be.
func (r Report) Write(dir string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the conformance report: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a report to be read and committed
		return fmt.Errorf("make the report's folder: %w", err)
	}
	for name, content := range map[string][]byte{r.name() + ".json": append(raw, '\n'), r.name() + ".md": []byte(r.markdown())} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil { //nolint:gosec // see above
			return fmt.Errorf("write the conformance report: %w", err)
		}
	}
	return nil
}
