package expected

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

//go:embed data/expected.json
var files embed.FS

// The suite's words for how a module ended.
const (
	// StatusFinished is the status of a module that ran to its end; its result says how.
	StatusFinished = "FINISHED"
	// ResultPassed needs no rule.
	ResultPassed = "PASSED"
)

// Rule accepts some results of one module in some plans.
type Rule struct {
	// Plans are our short names, or patterns of them such as oidcc-*.
	Plans []string `json:"plans"`
	// Module is the suite's name of the module.
	Module string `json:"module"`
	// Results are the accepted ones: REVIEW, SKIPPED or WARNING.
	Results []string `json:"results"`
	// Reason is printed in the report beside the result.
	Reason string `json:"reason"`
}

// Rules are all that is accepted.
type Rules []Rule

// Outcome is how one module ended, in the suite's words.
type Outcome struct {
	Plan   string
	Module string
	Status string
	Result string
}

// Verdict says whether an outcome is accepted, and why.
type Verdict struct {
	Accepted bool
	// Reason is empty for a module that simply passed.
	Reason string
}

// Load returns the embedded rules.
func Load() (Rules, error) {
	raw, err := files.ReadFile("data/expected.json")
	if err != nil {
		return nil, fmt.Errorf("read expected results: %w", err)
	}
	return parse(raw)
}

// decode reads a table without a member that is not known.
func decode[T any](raw []byte, into *T, what string) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode expected %s: %w", what, err)
	}
	return nil
}

func parse(raw []byte) (Rules, error) {
	var rules Rules
	if err := decode(raw, &rules, "results"); err != nil {
		return nil, err
	}
	for _, r := range rules {
		if err := r.validate(); err != nil {
			return nil, fmt.Errorf("expected result of %q: %w", r.Module, err)
		}
	}
	return rules, nil
}

func (r Rule) validate() error {
	if r.Module == "" || len(r.Plans) == 0 || len(r.Results) == 0 {
		return errors.New("module, plans and results must be given")
	}
	if r.Reason == "" {
		return errors.New("a reason must be given")
	}
	for _, result := range r.Results {
		if !slices.Contains([]string{"REVIEW", "SKIPPED", "WARNING"}, result) {
			return fmt.Errorf("%s cannot be accepted", result)
		}
	}
	return nil
}

// Judge accepts a module that finished and passed, and one that finished with a result that a rule lists for it.
func (r Rules) Judge(o Outcome) Verdict {
	if o.Status != StatusFinished {
		return Verdict{Reason: "did not finish"}
	}
	if o.Result == ResultPassed {
		return Verdict{Accepted: true}
	}
	for _, rule := range r {
		if rule.Module == o.Module && rule.covers(o.Plan) && slices.Contains(rule.Results, o.Result) {
			return Verdict{Accepted: true, Reason: rule.Reason}
		}
	}
	return Verdict{Reason: "not expected"}
}

func (r Rule) covers(plan string) bool {
	return slices.ContainsFunc(r.Plans, func(pattern string) bool { return plans.Fits(pattern, plan) })
}
