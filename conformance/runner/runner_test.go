package runner

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var codeVariant = map[string]string{"response_type": "code", "response_mode": "default", "client_auth_type": "client_secret_basic"}

func TestRunPassesAndReports(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, func(c *Config) {
		c.ReportDir, c.LogDir = filepath.Join(dir, "report"), filepath.Join(dir, "logs")
		c.Server = json.RawMessage(`{"issuer":"https://localhost:9443","database":{"password":"hunter22"},"note":"correct horse"}`)
	},
		fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED", waits: 2},
		fakeModule{name: "oidcc-prompt-login", variant: codeVariant, result: "REVIEW", log: `[{"src":"x","msg":"m"}]`, lost: true},
	)
	report, err := b.runner.Run(context.Background(), []string{"oidcc-basic"})
	if err != nil {
		t.Fatal(err)
	}
	if report.Modules != 2 || report.Unexpected != 0 || !report.Complete || report.Partial {
		t.Errorf("report: %+v", report)
	}
	modules := report.Plans[0].Modules
	if modules[1].Reason == "" || !modules[1].Accepted {
		t.Errorf("REVIEW is accepted with a reason: %+v", modules[1])
	}
	// sha256 of `[{"src":"x","msg":"m"}]`, computed outside.
	if want := "56594ddfea9c97792eb4029db0a197fe83849c112a3adc0fe63c61814d6e2ca1"; modules[1].LogSHA256 != want {
		t.Errorf("log hash: got %s, want %s", modules[1].LogSHA256, want)
	}
	if len(b.lines) != 2 || !strings.Contains(b.lines[0], "PASSED") || !strings.Contains(b.lines[0], "oidcc-server") {
		t.Errorf("lines: %q", b.lines)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "logs", "oidcc-basic", "oidcc-*.json"))
	if err != nil || len(kept) != 2 {
		t.Errorf("kept logs: %v, %v", kept, err)
	}
	checkReportFiles(t, filepath.Join(dir, "report"), b)
}

func checkReportFiles(t *testing.T, dir string, b *bench) {
	t.Helper()
	for _, name := range []string{"report.json", "report.md"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		for _, secret := range []string{"correct horse", "client-secret-1", "client-secret-3", "hunter22"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds the secret %q", name, secret)
			}
		}
		wanted := []string{"abc123", "5.2.4", "12f2a4d", "oidcc-prompt-login", "56594ddfea9c9779"}
		if name == "report.json" {
			wanted = append(wanted, "discoveryUrl", b.config.Suite)
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
}

func TestPlanGetsItsClientsAndConfiguration(t *testing.T) {
	b := newBench(t, nil, fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED"})
	if _, err := b.runner.Run(context.Background(), []string{"oidcc-basic"}); err != nil {
		t.Fatal(err)
	}
	if len(b.provider.created) != 3 {
		t.Fatalf("clients: %v", b.provider.created)
	}
	redirects := b.provider.created[0]["redirect_uris"].([]any)
	if redirects[0] != b.config.Suite+"/test/a/jedan-oidcc-basic/callback" {
		t.Errorf("redirect_uris: %v", redirects)
	}
	var config struct {
		Client struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		}
		Post struct {
			Secret string `json:"client_secret"`
		} `json:"client_secret_post"`
	}
	const plan = "oidcc-basic-certification-test-plan"
	if err := json.Unmarshal(b.suite.configs[plan], &config); err != nil {
		t.Fatal(err)
	}
	if config.Client.ID != "id-1" || config.Client.Secret != "client-secret-1" || config.Post.Secret != "client-secret-3" {
		t.Errorf("the suite needs the real credentials: %+v", config)
	}
	if !strings.Contains(string(b.suite.configs[plan]), "correct horse") {
		t.Error("the suite needs the person's password")
	}
	if b.suite.variants[plan] != `{"client_registration":"static_client","server_metadata":"discovery"}` {
		t.Errorf("variant: %s", b.suite.variants[plan])
	}
}

func TestUnexpectedResults(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, func(c *Config) { c.ReportDir = dir },
		fakeModule{name: "oidcc-server", variant: codeVariant, result: "WARNING", log: `[
			{"src":"EnsureIdTokenDoesNotContainName","result":"WARNING","msg":"name | of correct horse\nin <id_token>","requirements":["OIDCC-5.5"]},
			{"src":"Other","result":"SUCCESS","msg":"fine"}]`},
		fakeModule{name: "oidcc-prompt-login", variant: codeVariant, result: "FAILED"},
		fakeModule{name: "oidcc-max-age-1", variant: codeVariant, result: "REVIEW", status: "INTERRUPTED"},
		fakeModule{name: "oidcc-codereuse", variant: codeVariant, result: "PASSED"},
	)
	report, err := b.runner.Run(context.Background(), []string{"oidcc-basic"})
	if !errors.Is(err, ErrUnexpected) {
		t.Fatalf("got %v, want ErrUnexpected", err)
	}
	if report.Unexpected != 3 || report.Modules != 4 || !report.Complete {
		t.Errorf("report: %d of %d", report.Unexpected, report.Modules)
	}
	got := report.Plans[0].Modules[0].Findings
	want := Finding{Check: "EnsureIdTokenDoesNotContainName", Result: "WARNING", Message: "name | of [redacted] in <id_token>", Requirements: []string{"OIDCC-5.5"}}
	if len(got) != 1 || got[0].Check != want.Check || got[0].Message != want.Message || !slices.Equal(got[0].Requirements, want.Requirements) {
		t.Errorf("findings: %+v", got)
	}
	if !slices.ContainsFunc(b.lines, func(l string) bool { return strings.Contains(l, "WARNING EnsureIdTokenDoesNotContainName") }) {
		t.Errorf("what was found is not printed: %q", b.lines)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `name \| of [redacted] in &lt;id_token>`) || !strings.Contains(string(raw), "**WARNING**") {
		t.Errorf("report.md: %s", raw)
	}
}

func TestModuleThatHangsIsStopped(t *testing.T) {
	cases := map[string]struct {
		module fakeModule
		want   string
	}{
		"no browser step": {
			fakeModule{name: "oidcc-server", variant: codeVariant, waits: -1, urls: []string{"https://localhost:9443/elsewhere?state=abc"}},
			"no browser step matches https://localhost:9443/elsewhere",
		},
		"time is up":         {fakeModule{name: "oidcc-server", variant: codeVariant, waits: -1}, "not ended after 1m0s"},
		"stopped yet passed": {fakeModule{name: "oidcc-server", variant: codeVariant, waits: -1, result: "PASSED"}, "not ended"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.ModuleTimeout = time.Minute }, c.module)
			report, err := b.runner.Run(context.Background(), []string{"oidcc-basic"})
			if !errors.Is(err, ErrUnexpected) {
				t.Fatalf("got %v, want ErrUnexpected", err)
			}
			got := report.Plans[0].Modules[0]
			if got.Accepted || !strings.Contains(got.Reason, c.want) || strings.Contains(got.Reason, "state=abc") {
				t.Errorf("module: %+v", got)
			}
			if len(b.suite.stopped) != 1 {
				t.Errorf("stopped: %v", b.suite.stopped)
			}
		})
	}
}

func TestOnlyTheNamedModulesRun(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Modules = []string{"oidcc-userinfo-get"} },
		fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED"},
		fakeModule{name: "oidcc-userinfo-get", variant: codeVariant, result: "PASSED"},
	)
	report, err := b.runner.Run(context.Background(), []string{"oidcc-basic"})
	if err != nil || report.Modules != 1 || !report.Partial {
		t.Fatalf("report %+v, %v", report, err)
	}
	b.runner.config.Modules = []string{"oidcc-typo"}
	if _, err := b.runner.Run(context.Background(), []string{"oidcc-basic"}); !errors.Is(err, errNoModule) {
		t.Errorf("got %v, want errNoModule: an empty run would look like a pass", err)
	}
}

func TestPlansRunSideBySideInOrderOfTheReport(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Parallel = 3 }, fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED", waits: 3})
	names := []string{"oidcc-hybrid", "oidcc-basic", "oidcc-config"}
	report, err := b.runner.Run(context.Background(), names)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range report.Plans {
		if p.Name != names[i] || len(p.Modules) != 1 {
			t.Errorf("plan %d: %s with %d modules", i, p.Name, len(p.Modules))
		}
	}
	if len(b.suite.order) != 3 || len(b.provider.created) != 6 {
		t.Errorf("started %v, %d clients", b.suite.order, len(b.provider.created))
	}
}

func TestAStoppedRunLeavesAnIncompleteReport(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, func(c *Config) { c.ReportDir = dir }, fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED"})
	b.suite.broken = "/api/log"
	_, err := b.runner.Run(context.Background(), []string{"oidcc-basic"})
	if err == nil || errors.Is(err, ErrUnexpected) || !strings.Contains(err.Error(), "the store is away") {
		t.Fatalf("got %v, want the suite's error", err)
	}
	if strings.Contains(err.Error(), "secret-of-a-client") {
		t.Error("the error repeats the suite's body")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil || !strings.Contains(string(raw), "**Incomplete**") {
		t.Errorf("report: %s, %v", raw, err)
	}
}

func TestRunFailsEarly(t *testing.T) {
	b := newBench(t, nil, fakeModule{name: "oidcc-server", variant: codeVariant, result: "PASSED"})
	if _, err := b.runner.Run(context.Background(), nil); err == nil {
		t.Error("no plan: want an error")
	}
	if _, err := b.runner.Run(context.Background(), []string{"oidcc-bsaic"}); err == nil {
		t.Error("unknown plan: want an error")
	}
	b.provider.fail = errors.New("clients: database away")
	if _, err := b.runner.Run(context.Background(), []string{"oidcc-basic"}); !errors.Is(err, b.provider.fail) {
		t.Errorf("got %v, want the provider's error", err)
	}
	if len(b.suite.order) != 0 {
		t.Errorf("modules ran: %v", b.suite.order)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.runner.Run(ctx, []string{"oidcc-basic"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
