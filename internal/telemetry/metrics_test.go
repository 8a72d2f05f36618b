package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("status %d: %s", rec.Code, rec.Body.String())
	}
	return rec.Body.String()
}

func TestMetricsAreNamedAsPromised(t *testing.T) {
	m, err := NewMetrics("v1")
	if err != nil {
		t.Fatal(err)
	}
	m.AuthRequest("authorize", "success")
	m.FailedLogin("password", "wrong")
	m.SecurityEvent("grant.reuse", "critical")
	m.ObserveRequest("/oauth2/token", "POST", 200, 3*time.Millisecond)
	m.ObserveRequest("", "BREW", 404, time.Millisecond)
	m.TokenIssued("authorization_code", "access")
	m.Gate("password", 2, 5)
	m.OutboxLag(2 * time.Second)
	m.ChangesLag(time.Second)
	out := scrape(t, m)
	for _, line := range []string{
		`auth_requests_total{kind="authorize",outcome="success"} 1`,
		`failed_logins_total{factor="password",reason="wrong"} 1`,
		`security_events_total{severity="critical",type="grant.reuse"} 1`,
		`auth_response_time_seconds_bucket{route="/oauth2/token",le="0.005"} 1`,
		`auth_response_time_seconds_count{route="/oauth2/token"} 1`,
		`jedan_http_requests_total{class="2xx",method="POST",route="/oauth2/token"} 1`,
		`jedan_http_requests_total{class="4xx",method="other",route="none"} 1`,
		`jedan_tokens_total{grant="authorization_code",kind="access"} 1`,
		`jedan_gate{gate="password",state="waiting"} 5`,
		`jedan_outbox_lag_seconds 2`, `jedan_changes_lag_seconds 1`, `jedan_build_info{version="v1"} 1`, `go_goroutines `,
	} {
		if !strings.Contains(out, line) {
			t.Errorf("missing: %s", line)
		}
	}
}

// A route's own counter and the general one count into the same series, and a series is there from its first count on.
func TestForRouteIsObserveRequest(t *testing.T) {
	m, err := NewMetrics("v1")
	if err != nil {
		t.Fatal(err)
	}
	count := m.ForRoute("/oauth2/userinfo", "GET")
	if strings.Contains(scrape(t, m), "/oauth2/userinfo") {
		t.Error("a series without a count")
	}
	count(200, time.Millisecond)
	count(204, time.Millisecond)
	count(401, time.Millisecond)
	count(-1, time.Millisecond) // no status at all: only its time
	m.ObserveRequest("/oauth2/userinfo", "GET", 200, time.Millisecond)
	m.ForRoute("", "BREW")(404, time.Millisecond)
	out := scrape(t, m)
	for _, line := range []string{
		`jedan_http_requests_total{class="2xx",method="GET",route="/oauth2/userinfo"} 3`,
		`jedan_http_requests_total{class="4xx",method="GET",route="/oauth2/userinfo"} 1`,
		`auth_response_time_seconds_count{route="/oauth2/userinfo"} 5`,
		`jedan_http_requests_total{class="4xx",method="other",route="none"} 1`,
	} {
		if !strings.Contains(out, line) {
			t.Errorf("missing: %s", line)
		}
	}
}

func TestThePromisedFourAreThereFromTheStart(t *testing.T) {
	m, err := NewMetrics("v1")
	if err != nil {
		t.Fatal(err)
	}
	out := scrape(t, m)
	for _, name := range []string{"auth_requests_total{", "failed_logins_total{", "security_events_total{", "auth_response_time_seconds_count{"} {
		if !strings.Contains(out, "\n"+name) {
			t.Errorf("missing: %s", name)
		}
	}
}

func TestRegistriesAreIndependent(t *testing.T) {
	a, err := NewMetrics("a")
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewMetrics("b")
	if err != nil {
		t.Fatalf("a second server in one process: %v", err)
	}
	a.AuthRequest("token", "success")
	if strings.Contains(scrape(t, b), `auth_requests_total{kind="token"`) {
		t.Error("the numbers are shared")
	}
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "jedan_extra", Help: "x"})
	if err := a.Register(gauge); err != nil {
		t.Error(err)
	}
	if err := a.Register(gauge); err == nil {
		t.Error("registered twice")
	}
}
