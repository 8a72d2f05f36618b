package runner

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// relyingBench is a runner with fakes on both sides.
type relyingBench struct {
	suite  *fakeSuite
	server *fakeServer
	runner *Relying
	lines  []string
	dir    string
}

func newRelyingBench(t *testing.T, modules ...fakeModule) *relyingBench {
	t.Helper()
	b := &relyingBench{dir: t.TempDir()}
	b.server = &fakeServer{t: t, log: filepath.Join(b.dir, "server.log")}
	if err := os.WriteFile(b.server.log, []byte("{\"msg\":\"request refused\",\"check\":\"of.before\",\"error_id\":\"e-1\"}\nno json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	public := httptest.NewTLSServer(b.server)
	t.Cleanup(public.Close)
	b.suite, b.server.suite = newFakeSuite(t, modules...)
	b.suite.server = b.server
	b.suite.callback = public.URL + "/federation/conformance/callback"
	client, err := NewHTTPClient(b.server.suite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	c := &clock{now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	b.runner, err = NewRelying(Config{Suite: b.server.suite, Issuer: public.URL, Commit: "abc123", ReportDir: b.dir, ModuleTimeout: time.Minute}, RelyingDeps{
		Deps:       Deps{HTTP: client, Public: public.Client(), Now: c.Now, Pause: c.Pause, Progress: func(line string) { b.lines = append(b.lines, line) }},
		Connectors: b.server, ServerLog: b.server.log, CA: "PEM",
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *relyingBench) one(t *testing.T, plan string) (ModuleReport, error) {
	t.Helper()
	report, err := b.runner.Run(t.Context(), []string{plan})
	if len(report.Plans) != 1 || len(report.Plans[0].Modules) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	return report.Plans[0].Modules[0], err
}

func TestBothVerdictsCount(t *testing.T) {
	const positive, negative = "oidcc-client-test", "oidcc-client-test-invalid-iss"
	for name, c := range map[string]struct {
		module   fakeModule
		change   func(b *relyingBench)
		ours     string
		accepted bool
		why      string
	}{
		"a session":               {fakeModule{name: positive, result: "PASSED"}, nil, "session", true, ""},
		"a session by a form":     {fakeModule{name: positive, result: "PASSED"}, func(b *relyingBench) { b.server.posts = true }, "session", true, ""},
		"seen late":               {fakeModule{name: positive, result: "PASSED"}, func(b *relyingBench) { b.server.unseen = 2 }, "session", true, ""},
		"the suite fails":         {fakeModule{name: positive, result: "FAILED"}, nil, "session", false, "not expected"},
		"refused":                 {fakeModule{name: positive, result: "PASSED"}, func(b *relyingBench) { b.server.refuses = "oidc_id_token.iss" }, "oidc_id_token.iss", false, "expected here: session"},
		"refused as named":        {fakeModule{name: negative, result: "PASSED"}, func(b *relyingBench) { b.server.refuses = "oidc_id_token.iss" }, "oidc_id_token.iss", true, ""},
		"refused by another":      {fakeModule{name: negative, result: "PASSED"}, func(b *relyingBench) { b.server.refuses = "oidc_id_token.aud" }, "oidc_id_token.aud", false, "expected here: oidc_id_token.iss"},
		"taken":                   {fakeModule{name: negative, result: "PASSED"}, nil, "session", false, "expected here: oidc_id_token.iss"},
		"hangs":                   {fakeModule{name: positive, waits: -1}, nil, "session", false, "not ended"},
		"skipped without a rule":  {fakeModule{name: positive, result: "SKIPPED"}, nil, "session", false, "not expected"},
		"skipped as expected":     {fakeModule{name: "oidcc-client-test-idtoken-sig-none", result: "SKIPPED"}, func(b *relyingBench) { b.server.refuses = "oidc_id_token.signature" }, "oidc_id_token.signature", true, "unsigned"},
		"of which nobody knows":   {fakeModule{name: "oidcc-client-test-new", result: "PASSED"}, nil, "session", false, "nobody has said"},
		"unsound":                 {fakeModule{name: "oidcc-client-test-discovery-issuer-mismatch", result: "PASSED"}, func(b *relyingBench) { b.server.unsound = "oidc_discovery.issuer" }, "oidc_discovery.issuer", true, ""},
		"no more than departure":  {fakeModule{name: "oidcc-client-test-discovery-openid-config", result: "PASSED"}, func(b *relyingBench) { b.suite.shut = true }, "departed", true, ""},
		"cannot be connected":     {fakeModule{name: positive, result: "PASSED"}, func(b *relyingBench) { b.server.connect = errors.New("away") }, "cannot be connected: away", false, "expected here"},
		"stays there":             {fakeModule{name: positive, result: "PASSED"}, func(b *relyingBench) { b.suite.shut = true }, "stays at the suite, which answered 404", false, "expected here"},
		"an error without a name": {fakeModule{name: negative, result: "PASSED"}, func(b *relyingBench) { b.server.refuses = "-" }, "refused without a check: forbidden", false, "expected here"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRelyingBench(t, c.module)
			if c.change != nil {
				c.change(b)
			}
			got, err := b.one(t, "rp-config")
			if got.Ours != c.ours || got.Accepted != c.accepted || !strings.Contains(got.Reason, c.why) || errors.Is(err, ErrUnexpected) == c.accepted {
				t.Errorf("%+v, %v", got, err)
			}
			if b.server.gone != 1 {
				t.Errorf("disconnected %d times", b.server.gone)
			}
		})
	}
}

func TestSignedOut(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *fakeServer)
		ours   string
	}{
		"signed out": {func(*fakeServer) {}, expected.EndsSignedOut},
		"refused":    {func(f *fakeServer) { f.heard = "oidc_logout.aud" }, "oidc_logout.aud"},
		"stays":      {func(f *fakeServer) { f.stays = true }, "still signed in"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRelyingBench(t, fakeModule{name: "oidcc-client-test", result: "PASSED"})
			c.change(b.server)
			id, ours := "run-1", ""
			pair, err := plans.Upstream{Name: "x"}.Pair(plans.UpstreamValues{})
			if err != nil {
				t.Fatal(err)
			}
			run := relyingRun{side: b.runner, planRun: planRun{Runner: b.runner.Runner}, pair: pair, upstream: plans.Upstream{Every: plans.UpstreamModule{Leaves: true}}}
			b.server.title = "Conformance " + id
			if ours, err = run.signIns(t.Context(), suiteModule{Name: "oidcc-client-test"}, b.server.title, id); err != nil || ours != c.ours {
				t.Errorf("%q, %v", ours, err)
			}
		})
	}
}

func TestWhatBothSidesAreGiven(t *testing.T) {
	b := newRelyingBench(t, fakeModule{name: "fapi2-security-profile-final-client-test-invalid-aud", result: "PASSED"})
	b.server.refuses = "oidc_id_token.aud"
	if got, err := b.one(t, "rp-fapi2-security"); err != nil || !got.Accepted {
		t.Fatalf("%+v, %v", got, err)
	}
	if b.server.config["issuer"] != b.server.suite+"/test/run-1/" || b.server.config["ca"] != "PEM" || b.server.config["par"] != true || b.server.settings["tokens"] != true {
		t.Errorf("%v %v", b.server.config, b.server.settings)
	}
	key, _ := b.server.config["key"].(string)
	if !strings.Contains(key, "PRIVATE KEY") || strings.Contains(string(b.suite.configs["fapi2-security-profile-final-client-test-plan"]), `"d"`) {
		t.Error("the private key is not ours alone")
	}
	raw, err := os.ReadFile(filepath.Join(b.dir, "rp-report.md"))
	if err != nil || !strings.Contains(string(raw), "| rp-fapi2-security | 1 | 0 | 1 |") || !strings.Contains(string(raw), "oidc_id_token.aud") || !strings.Contains(string(raw), "abc123") || strings.Contains(string(raw), "PRIVATE KEY") {
		t.Errorf("%s %v", raw, err)
	}
}

func TestModulesAreLeftOutWithTheReason(t *testing.T) {
	b := newRelyingBench(t, fakeModule{name: "oidcc-client-test", variant: map[string]string{"response_type": "id_token token"}})
	got, err := b.one(t, "rp-implicit")
	if err != nil || got.Result != expected.ResultLeftOut || !got.Accepted || !strings.Contains(got.Reason, "fragment") || len(b.suite.order) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRelyingFailsEarly(t *testing.T) {
	b := newRelyingBench(t, fakeModule{name: "oidcc-client-test", result: "PASSED"})
	if _, err := b.runner.Run(t.Context(), nil); err == nil {
		t.Error("no plan: want an error")
	}
	if _, err := b.runner.Run(t.Context(), []string{"oidcc-basic"}); !errors.Is(err, plans.ErrUnknownPlan) {
		t.Errorf("got %v", err)
	}
	if _, err := NewRelying(Config{Suite: "https://localhost:8443", Issuer: "https://localhost:9443"}, RelyingDeps{Deps: b.runner.deps, Connectors: b.server, CA: "PEM", ServerLog: "/nowhere"}); err == nil {
		t.Error("a log that is not there: want an error")
	}
	if _, err := NewRelying(Config{}, RelyingDeps{}); err == nil {
		t.Error("nothing: want an error")
	}
	b.server.connect = errs.New(errs.Conflict, "This name is taken.")
	if _, err := b.runner.Run(t.Context(), []string{"rp-basic"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v", err)
	}
	b.suite.broken = "/api/runner"
	if _, err := b.runner.Run(t.Context(), []string{"rp-basic"}); err == nil || errors.Is(err, ErrUnexpected) {
		t.Errorf("got %v", err)
	}
}

func TestNoMoreThanRegistration(t *testing.T) {
	b := newRelyingBench(t, fakeModule{name: "oidcc-client-test-dynamic-registration", result: "PASSED"})
	b.suite.shut = true
	got, err := b.one(t, "rp-dynamic")
	if err != nil || got.Ours != expected.EndsRegister || !got.Accepted || b.server.config["register"] != true || b.server.config["client_id"] != nil {
		t.Errorf("%+v, %v, %v", got, err, b.server.config)
	}
}

// TestTheUpstreamsAPI: an application's part, with a proof for the nonce that the API wants.
func TestTheUpstreamsAPI(t *testing.T) {
	var seen []string
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		w.Header().Set("DPoP-Nonce", "n")
		if len(seen) == 1 || r.Header.Get("DPoP") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(api.Close)
	b := newRelyingBench(t)
	b.server.token = "at"
	b.runner.deps.HTTP = api.Client()
	for bound, want := range map[bool][]string{true: {"DPoP at", "DPoP at"}, false: {"Bearer at", "Bearer at"}} {
		seen = nil
		pair, err := plans.Upstream{Name: "x", Bound: bound}.Pair(plans.UpstreamValues{})
		if err != nil {
			t.Fatal(err)
		}
		err = relyingRun{side: b.runner, planRun: planRun{Runner: b.runner.Runner}, pair: pair}.call(t.Context(), api.URL, "/accounts")
		if !slices.Equal(seen, want) || (err == nil) != bound {
			t.Errorf("%v: %v, %v", bound, seen, err)
		}
	}
	if u, err := url.Parse(api.URL); err != nil || u.Scheme != "https" {
		t.Error(u, err)
	}
}

// TestTheUpstreamsAPIByCertificate: where tokens are bound to a certificate the API is asked where certificates are wanted.
func TestTheUpstreamsAPIByCertificate(t *testing.T) {
	shown := 0
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/test/x/.well-known/openid-configuration":
			_, _ = fmt.Fprintf(w, `{"mtls_endpoint_aliases":{"token_endpoint":"https://%s/mtls/x/token"}}`, r.Host)
		case "/mtls/x/accounts":
			shown = len(r.TLS.PeerCertificates)
		default:
			t.Errorf("asked for %s", r.URL.Path)
		}
	}))
	api.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	api.StartTLS()
	t.Cleanup(api.Close)
	b := newRelyingBench(t)
	b.server.token = "at"
	b.runner.deps.HTTP = api.Client()
	u := plans.Upstream{Name: "x", Mutual: true}
	pair, err := u.Pair(plans.UpstreamValues{})
	if err != nil {
		t.Fatal(err)
	}
	run := relyingRun{side: b.runner, planRun: planRun{Runner: b.runner.Runner}, pair: pair}
	if err := run.call(t.Context(), api.URL+"/test/x/", "accounts"); err != nil || shown != 1 {
		t.Errorf("%d certificates, %v", shown, err)
	}
	key, _ := pair.Config("m", "https://op.example")["tls_key"].(string)
	if !slices.ContainsFunc(pair.Secrets(), func(s string) bool { return s != "" && strings.Contains(key, s) }) {
		t.Error("the certificate's key is not named as a secret")
	}
	b.runner.deps.HTTP = &http.Client{}
	if err := run.call(t.Context(), api.URL+"/test/x/", "accounts"); err == nil {
		t.Error("asked without the certificate")
	}
}
