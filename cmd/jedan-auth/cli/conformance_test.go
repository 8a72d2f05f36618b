package cli

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Every client of every plan can be registered, and nothing of it outlives the run.
func TestClientsOfARunAreRegisteredAndTakenAway(t *testing.T) {
	a := suiteApp(t)
	all, err := plans.All()
	if err != nil {
		t.Fatal(err)
	}
	s := &suiteProvider{a: a}
	if err := s.CreateResource(t.Context(), plans.Resource, "accounts", ""); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		clients, err := p.Clients(plans.Values{Suite: "https://localhost:8443", Issuer: "https://localhost:9443", Username: "maria", Password: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			if id, _, err := s.CreateClient(t.Context(), c.Metadata); err != nil || id == "" {
				t.Errorf("%s, %s: %v", p.Name, c.Role, err)
			}
		}
	}
	if len(s.clients) < 20 {
		t.Errorf("only %d clients", len(s.clients))
	}
	if _, _, err := s.CreateClient(t.Context(), json.RawMessage(`{"misspelt":1}`)); !errs.Is(err, errs.Invalid) {
		t.Errorf("a misspelt member: %v", err)
	}
	if err := a.Registrar.Delete(t.Context(), s.clients[0], registrant()); err != nil { // somebody was faster
		t.Fatal(err)
	}
	if err := s.leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := a.DB.Clients(t.Context(), a.Tenant, storage.ID{}, 10); err != nil || len(left) != 0 {
		t.Errorf("%d clients are left (%v)", len(left), err)
	}
}

func TestInitialAccessTokenOfARun(t *testing.T) {
	a := suiteApp(t)
	s := &suiteProvider{a: a}
	if _, err := s.InitialAccessToken(t.Context()); !errs.Is(err, errs.Invalid) {
		t.Errorf("registration is off: %v", err)
	}
	a.Config.Register.Mode = register.ModeToken
	if token, err := s.InitialAccessToken(t.Context()); err != nil || token == "" {
		t.Fatal(err)
	}
	if err := s.leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := a.DB.InitialAccesses(t.Context(), a.Tenant, storage.ID{}, 10); err != nil || len(left) != 0 {
		t.Errorf("%d initial access tokens are left (%v)", len(left), err)
	}
}

func TestARunRotatesKeysThatTheSuiteKnows(t *testing.T) {
	a := suiteApp(t)
	before, _, _ := a.Keys.JWKS()
	if err := (&suiteProvider{a: a}).RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, _, _ := a.Keys.JWKS()
	if was, is := bytes.Count(before, []byte(`"kid"`)), bytes.Count(after, []byte(`"kid"`)); is != was+3 {
		t.Errorf("%d keys before, %d after", was, is)
	}
}

func suiteApp(t *testing.T) *app.App {
	t.Helper()
	cfg, err := config.Defaults[app.Config]()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	cfg.Proxies, cfg.MTLS.Header = []string{"127.0.0.1/32"}, "Client-Cert" // certificates are asked for, by whoever stands in front
	a, err := app.Open(t.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}
