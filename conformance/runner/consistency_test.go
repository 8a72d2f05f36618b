package runner

import (
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

// A module that ends in REVIEW waits for a screenshot: without a script of its own nothing takes it, and it hangs.
func TestEveryScreenshotHasAScript(t *testing.T) {
	rules, err := expected.Load()
	if err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, rule := range rules {
		for _, pattern := range rule.Plans {
			found, err := plans.Match(pattern)
			if err != nil {
				t.Errorf("%s: %v", rule.Module, err)
			}
			if !slices.Contains(rule.Results, "REVIEW") {
				continue
			}
			for _, p := range found {
				if !p.HasScript(rule.Module) {
					t.Errorf("%s, %s: accepted as REVIEW but has no browser script of its own", p.Name, rule.Module)
				}
				checked[p.Name] = true
			}
		}
	}
	if len(checked) < 10 {
		t.Errorf("checked only %v", checked)
	}
}
