package expected

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

//go:embed data/upstream.json
var upstreamFile embed.FS

// What may come of a sign-in by the suite, beside the name of a check that refuses.
const (
	EndsSession   = "session"    // the person is signed in here
	EndsDeparted  = "departed"   // the browser was sent to the suite; more the module does not want
	EndsRegister  = "registered" // the connector made itself known there; more the module does not want
	EndsSignedOut = "signed out" // the person was signed in, and is not any more
)

// ResultLeftOut stands for a module that was not run.
const ResultLeftOut = "LEFT OUT"

// Ending is what must come of a module in which the suite is our upstream. Of several that fit the first counts.
type Ending struct {
	// Plans are our short names, or patterns of them.
	Plans []string `json:"plans"`
	// Module is the suite's name of the module, or a pattern.
	Module string `json:"module"`
	// ResponseTypes are those that it is about; none: any.
	ResponseTypes []string `json:"response_types"`
	// Ends is what comes of the sign-in: one of the words above, or the row that must refuse.
	Ends string `json:"ends"`
	// Results are the suite's that are accepted; none: PASSED.
	Results []string `json:"results"`
	// Reason says why another result than PASSED is accepted.
	Reason string `json:"reason"`
	// LeftOut says why the module is not run at all.
	LeftOut string `json:"left_out"`
}

// Endings are all of them.
type Endings []Ending

// LoadEndings returns the embedded table.
func LoadEndings() (Endings, error) {
	raw, err := upstreamFile.ReadFile("data/upstream.json")
	if err != nil {
		return nil, fmt.Errorf("read expected endings: %w", err)
	}
	return parseEndings(raw)
}

func parseEndings(raw []byte) (Endings, error) {
	var all Endings
	if err := decode(raw, &all, "endings"); err != nil {
		return nil, err
	}
	for _, e := range all {
		if err := e.validate(); err != nil {
			return nil, fmt.Errorf("expected ending of %q: %w", e.Module, err)
		}
	}
	return all, nil
}

func (e Ending) validate() error {
	if e.Module == "" || len(e.Plans) == 0 || (e.Ends == "") == (e.LeftOut == "") {
		return errors.New("module, plans, and one of ends and left_out must be given")
	}
	if len(e.Results) > 0 && e.Reason == "" {
		return errors.New("a reason must be given")
	}
	for _, result := range e.Results {
		if !slices.Contains([]string{"PASSED", "REVIEW", "SKIPPED", "WARNING"}, result) {
			return fmt.Errorf("%s cannot be accepted", result)
		}
	}
	return nil
}

// For returns what must come of a module of a plan; false when nobody has said.
func (all Endings) For(plan, module, responseType string) (Ending, bool) {
	i := slices.IndexFunc(all, func(e Ending) bool {
		return plans.Fits(e.Module, module) && slices.ContainsFunc(e.Plans, func(pattern string) bool { return plans.Fits(pattern, plan) }) &&
			(len(e.ResponseTypes) == 0 || slices.Contains(e.ResponseTypes, responseType))
	})
	if i < 0 {
		return Ending{}, false
	}
	return all[i], true
}

// Judge wants both: what came of the sign-in here, and the suite's word.
func (e Ending) Judge(o Outcome, ours string) Verdict {
	results := e.Results
	if len(results) == 0 {
		results = []string{ResultPassed}
	}
	switch {
	case o.Status != StatusFinished:
		return Verdict{Reason: "did not finish"}
	case ours != e.Ends:
		return Verdict{Reason: "expected here: " + e.Ends}
	case !slices.Contains(results, o.Result):
		return Verdict{Reason: "not expected"}
	}
	return Verdict{Accepted: true, Reason: e.Reason}
}
