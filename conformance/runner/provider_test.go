package runner

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

func TestKeysAreRotatedBeforeTheModuleStarts(t *testing.T) {
	module := fakeModule{name: "oidcc-server-rotate-keys", variant: codeVariant, result: "PASSED", manual: true}
	b := newBench(t, nil, fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED"}, module)
	b.provider.waits = 2
	report, err := b.runner.Run(context.Background(), []string{"oidcc-dynamic"})
	if err != nil || report.Unexpected != 0 || b.provider.rotated != 1 {
		t.Errorf("rotated %d times, %v", b.provider.rotated, err)
	}
	if config := string(b.suite.configs["oidcc-dynamic-certification-test-plan"]); !strings.Contains(config, "initial-access-1") {
		t.Error("the suite needs the initial access token")
	}
	raw, err := json.Marshal(report)
	if err != nil || strings.Contains(string(raw), "initial-access-1") {
		t.Error("the report has the initial access token")
	}
	b = newBench(t, func(c *Config) { c.ModuleTimeout = time.Minute }, module)
	b.provider.stuck = true
	if _, err := b.runner.Run(context.Background(), []string{"oidcc-dynamic"}); !errors.Is(err, errNotRotated) {
		t.Errorf("keys that stay: %v", err)
	}
}

func TestPatternsAndPrivateKeys(t *testing.T) {
	b := newBench(t, nil, fakeModule{name: "fapi-ciba-id1", variant: codeVariant, result: "PASSED"})
	report, err := b.runner.Run(context.Background(), []string{"fapi-ciba-*"})
	if err != nil || len(report.Plans) != 4 || len(b.provider.created) != 8 {
		t.Fatalf("%d plans, %d clients, %v", len(report.Plans), len(b.provider.created), err)
	}
	const plan = "fapi-ciba-id1-test-plan"
	var config struct {
		Client struct {
			JWKS struct{ Keys []map[string]string } `json:"jwks"`
		} `json:"client"`
		MTLS     struct{ Key string } `json:"mtls"`
		Resource struct {
			ResourceURL string `json:"resourceUrl"`
		} `json:"resource"`
	}
	if err := json.Unmarshal(b.suite.configs[plan], &config); err != nil {
		t.Fatal(err)
	}
	if config.Resource.ResourceURL != b.provider.issuer+"/mtls/userinfo" {
		t.Errorf("resource: %s", config.Resource.ResourceURL)
	}
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{config.Client.JWKS.Keys[0]["d"], config.Client.JWKS.Keys[0]["p"], "PRIVATE KEY"} {
		if secret == "" || strings.Contains(string(raw), secret) {
			t.Error("the report has a private key, or the suite has none")
		}
	}
}

func TestPlansWithoutOpenIDGetAResourceServer(t *testing.T) {
	b := newBench(t, nil, fakeModule{name: "fapi2-security-profile-final-happy-flow", variant: codeVariant, result: "PASSED"})
	if _, err := b.runner.Run(context.Background(), []string{"fapi2-security-pkjwt-dpop-oauth"}); err != nil {
		t.Fatal(err)
	}
	if len(b.provider.resources) != 1 || b.provider.resources[0] != plans.Resource+" accounts id-1" {
		t.Errorf("resources: %v", b.provider.resources)
	}
	if config := string(b.suite.configs["fapi2-security-profile-final-test-plan"]); !strings.Contains(config, `"resourceUrl":"https://localhost:`) {
		t.Errorf("configuration: %s", config)
	}
	b.config.Resource = "https://rs.example/accounts"
	b.runner.config.Resource = b.config.Resource
	if _, err := b.runner.Run(context.Background(), []string{"fapi2-security-pkjwt-dpop-oauth"}); err != nil {
		t.Fatal(err)
	}
	if config := string(b.suite.configs["fapi2-security-profile-final-test-plan"]); !strings.Contains(config, b.config.Resource) || len(b.provider.resources) != 2 {
		t.Errorf("the resource of the configuration is not used: %s", config)
	}
}

func TestAReportIsContinued(t *testing.T) {
	dir := t.TempDir()
	run := func(result, plan string) (Report, error) {
		b := newBench(t, func(c *Config) { c.ReportDir, c.Keep = dir, true }, fakeModule{name: "oidcc-server", variant: codeVariant, result: result})
		return b.runner.Run(context.Background(), []string{plan})
	}
	if _, err := run("FAILED", "oidcc-hybrid"); !errors.Is(err, ErrUnexpected) {
		t.Fatal(err)
	}
	if _, err := run("PASSED", "oidcc-basic"); err != nil {
		t.Fatalf("the other plan is none of this run's: %v", err)
	}
	read := func() (r Report) {
		raw, err := os.ReadFile(filepath.Join(dir, "report.json"))
		if err == nil {
			err = json.Unmarshal(raw, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := read(); len(r.Plans) != 2 || r.Plans[0].Name != "oidcc-basic" || r.Unexpected != 1 || r.Modules != 2 || !r.Complete {
		t.Errorf("report: %+v", r)
	}
	if _, err := run("PASSED", "oidcc-hybrid"); err != nil {
		t.Fatal(err)
	}
	if r := read(); len(r.Plans) != 2 || r.Unexpected != 0 || r.Plans[1].Commit != "abc123" || r.Plans[1].Ended.IsZero() {
		t.Errorf("report: %+v", r)
	}
	if config, _ := read().Plans[0].Configuration.(map[string]any); config["browser"] != nil || config["override"] != nil || config["alias"] == nil {
		t.Errorf("configuration: %v", config)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run("PASSED", "oidcc-basic"); err == nil {
		t.Error("a report that cannot be read must not be written over")
	}
}
