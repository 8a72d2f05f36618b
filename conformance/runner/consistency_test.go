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
	checked := 0
	for _, rule := range rules {
		for _, name := range rule.Plans {
			p, err := plans.Find(name)
			if err != nil {
				t.Errorf("%s: %v", rule.Module, err)
				continue
			}
			if !slices.Contains(rule.Results, "REVIEW") {
				continue
			}
			credentials := map[string]plans.Credentials{"client": {}, "client2": {}, "client_secret_post": {}}
			config, err := p.Configuration(plans.Values{}, credentials)
			if err != nil {
				t.Fatal(err)
			}
			overrides, _ := config["override"].(map[string]any)
			if _, ok := overrides[rule.Module]; !ok {
				t.Errorf("%s, %s: accepted as REVIEW but has no browser script of its own", name, rule.Module)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("no rule accepts REVIEW: nothing was checked")
	}
}
