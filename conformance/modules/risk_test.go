package modules

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Every sign-in has a verdict with its factors; what is refused for the risk looks like a wrong password, and says so only where an operator looks.
func TestRiskVerdicts(t *testing.T) {
	s := testkit.Start(t)
	rp, p := s.Client(storage.ClientMetadata{}), s.Person("maria@example.org")
	own := s.Browser()
	if got := own.Authorize(s.AuthURL(rp), "maria@example.org"); got.Get("code") == "" {
		t.Fatalf("the first sign-in: %v", got)
	}
	for range 8 { // until something is known of what the person usually does
		s.Clock.Advance(24 * time.Hour)
		if p := own.Get(s.AuthURL(rp, "prompt", "login")).SignIn("maria@example.org", testkit.Password); p.Status == http.StatusForbidden {
			t.Fatal("the person's own browser is refused")
		}
	}
	s.App.Config.Risk.StepUp, s.App.Config.Risk.Deny = 0.9, 0.9
	s.Restart() // which forgets nothing of that
	wrong := s.Browser().Get(s.AuthURL(rp)).SignIn("maria@example.org", "something else entirely")
	refused := s.Browser().Get(s.AuthURL(rp)).SignIn("maria@example.org", testkit.Password)
	if refused.Status != http.StatusForbidden || !refused.HasID("login-password") {
		t.Fatalf("another browser: %d", refused.Status)
	}
	if refused.Status != wrong.Status || len(refused.Body) != len(wrong.Body) {
		t.Errorf("the refusal does not look like that of a wrong password: %d bytes, %d", len(refused.Body), len(wrong.Body))
	}
	rows, err := s.App.DB.RiskVerdicts(context.Background(), s.App.Tenant, storage.RiskFilter{Person: p.ID})
	if err != nil || len(rows) != 10 || rows[0].Action != "deny" || rows[1].Action != "allow" {
		t.Fatalf("verdicts: %+v %v", rows, err)
	}
	d, err := risk.OpenVerdict(s.App.Ring, &rows[0])
	if err != nil || len(d.Factors) == 0 || rows[0].Reason == "" || !d.IP.IsLoopback() {
		t.Fatalf("detail: %+v %v", d, err)
	}
	for _, f := range d.Factors {
		if f.Weight == 0 || f.Check == "" || risk.Words(f.Reason, "de") == f.Reason {
			t.Errorf("a factor without words or weight: %+v", f)
		}
	}
	again := own.Get(s.AuthURL(rp, "prompt", "login")).SignIn("maria@example.org", testkit.Password)
	if again.Status == http.StatusForbidden {
		t.Error("the person's own browser is refused")
	}
}

// A rule that another process writes holds within a second, for every page and endpoint, and ends as soon; health checks are answered all the while.
func TestFirewallFollowsItsRules(t *testing.T) {
	s := testkit.Start(t)
	ctx := context.Background()
	status := func(path string) int {
		resp, err := s.HTTP.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	become := func(path string, denied bool) {
		t.Helper()
		for range 100 {
			if (status(path) == http.StatusForbidden) == denied {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s is still %d", path, status(path))
	}
	become("/login", false)
	now := s.App.Now()
	rule := &storage.FirewallRule{Tenant: s.App.Tenant, ID: storage.NewID(now), Effect: "deny", Kind: "network", Value: "127.0.0.0/8", CreatedAt: now}
	if err := s.App.DB.InsertFirewallRule(ctx, rule, nil); err != nil {
		t.Fatal(err)
	}
	become("/login", true)
	become("/oauth2/token", true)
	become("/.well-known/openid-configuration", true)
	become("/.well-known/jwks.json", true)
	if got := status("/health/live"); got != http.StatusOK {
		t.Errorf("health: %d", got)
	}
	if err := s.App.DB.DeleteFirewallRule(ctx, s.App.Tenant, "network", "127.0.0.0/8", nil); err != nil {
		t.Fatal(err)
	}
	become("/login", false)
	if strings.Contains(s.Log.String(), "127.0.0") {
		t.Error("the log names an address")
	}
}
