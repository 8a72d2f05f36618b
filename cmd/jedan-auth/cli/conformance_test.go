package cli

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Every client of every plan can be registered, and none outlives the run.
func TestClientsOfARunAreRegisteredAndTakenAway(t *testing.T) {
	cfg, err := config.Defaults[app.Config]()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	a, err := app.Open(t.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	all, err := plans.All()
	if err != nil {
		t.Fatal(err)
	}
	s := &suiteClients{a: a}
	for _, p := range all {
		clients, err := p.Clients(plans.Values{Suite: "https://localhost:8443", Issuer: "https://localhost:9443", Username: "maria", Password: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			if id, secret, err := s.CreateClient(t.Context(), c.Metadata); err != nil || id == "" || secret == "" {
				t.Errorf("%s, %s: %v", p.Name, c.Role, err)
			}
		}
	}
	if len(s.ids) < 10 {
		t.Errorf("only %d clients", len(s.ids))
	}
	if _, _, err := s.CreateClient(t.Context(), json.RawMessage(`{"misspelt":1}`)); !errs.Is(err, errs.Invalid) {
		t.Errorf("a misspelt member: %v", err)
	}
	if err := a.Registrar.Delete(t.Context(), s.ids[0], registrant()); err != nil { // somebody was faster
		t.Fatal(err)
	}
	if err := s.remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := a.DB.Clients(t.Context(), a.Tenant, storage.ID{}, 10); err != nil || len(left) != 0 {
		t.Errorf("%d clients are left (%v)", len(left), err)
	}
}
