package app_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/policy"
)

// Every example of the guide is a configuration that loads, and its tests pass.
func TestPolicyGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/guides/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(guide, -1)
	if len(examples) < 2 {
		t.Fatal("the guide has no examples")
	}
	for i, e := range examples {
		cfg, err := config.Load[app.Config](config.Sources{File: "guide.yaml", ReadFile: func(string) ([]byte, error) { return e[1], nil }})
		if err != nil {
			t.Errorf("example %d: %v", i+1, err)
			continue
		}
		p, err := policy.New(cfg.Policy)
		if err != nil {
			t.Fatal(err)
		}
		met := map[string]bool{}
		for _, r := range p.Test() {
			if r.Problem != "" {
				t.Errorf("example %d: %s: %s", i+1, r.Name, r.Problem)
			}
		}
		for _, test := range cfg.Policy.Tests {
			given := test.Given
			for _, name := range p.Decide(&given).Rules {
				met[name] = true
			}
		}
		for _, r := range cfg.Policy.Rules {
			if !met[r.Name] {
				t.Errorf("example %d: no test meets the rule %q", i+1, r.Name)
			}
		}
	}
}
