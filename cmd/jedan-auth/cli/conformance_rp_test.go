package cli

import (
	"encoding/pem"
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/plans"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

func suiteCA(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// Every connector that a run makes can be made, and goes again.
func TestConnectorsOfARunAreMadeAndTakenAway(t *testing.T) {
	a := suiteApp(t)
	s := &suiteConnectors{a: a, now: time.Now}
	all, err := plans.Upstreams()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		if u.Registers { // it asks its upstream
			continue
		}
		pair, err := u.Pair(plans.UpstreamValues{Issuer: "https://localhost:9443", Name: "conformance", CA: suiteCA(t)})
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range append(slices.Collect(maps.Keys(u.Modules)), "") {
			if refused, err := s.Connect(t.Context(), "conformance", "Conformance run-1", pair.Config(module, "https://localhost:8443/test/x/"), u.Settings); err != nil || refused != "" {
				t.Errorf("%s, %s: %s %v", u.Name, module, refused, err)
			}
			if err := s.Disconnect(t.Context(), "conformance"); err != nil {
				t.Errorf("%s, %s: %v", u.Name, module, err)
			}
		}
	}
	if err := s.Disconnect(t.Context(), "conformance"); err != nil {
		t.Error("of one that is not there: ", err)
	}
	if left, err := a.DB.Connectors(t.Context(), a.Tenant, storage.ID{}, 10); err != nil || len(left) != 0 {
		t.Errorf("%d connectors are left (%v)", len(left), err)
	}
	other := &suiteConnectors{a: a, now: time.Now}
	config := map[string]any{"issuer": "https://localhost:8443/test/x/", "client_id": "x"}
	if _, err := s.Connect(t.Context(), "conformance", "x", config, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Connect(t.Context(), "conformance", "x", config, nil); !errs.Is(err, errs.Conflict) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := other.Disconnect(t.Context(), "conformance"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Connectors.ByName(t.Context(), "conformance"); err != nil {
		t.Error("somebody else's connector was taken away: ", err)
	}
	if err := s.Disconnect(t.Context(), "conformance"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Connect(t.Context(), "conformance", "x", map[string]any{"misspelt": 1}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a misspelt member: %v", err)
	}
}

// Whom a connector of a run has made goes with it, and nobody else.
func TestPeopleOfARunAreTakenAway(t *testing.T) {
	a := suiteApp(t)
	s := &suiteConnectors{a: a, now: time.Now}
	config := map[string]any{"issuer": "https://localhost:8443/test/x/", "client_id": "x"}
	if _, err := s.Connect(t.Context(), "conformance", "x", config, map[string]any{"tokens": true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context(), "conformance"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a token of nobody: %v", err)
	}
	by := directory.Actor{Kind: audit.System}
	row, err := a.Connectors.ByName(t.Context(), "conformance")
	if err != nil {
		t.Fatal(err)
	}
	var people []storage.ID
	for _, name := range []string{"made", "own"} {
		p, err := a.Directory.Create(t.Context(), a.Tenant, directory.NewPerson{Claims: directory.Claims{"username": name}}, by)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, p.ID)
	}
	l := &storage.Link{Tenant: a.Tenant, ID: storage.NewID(time.Now()), Connector: row.ID, Key: []byte("01234567890123456789012345678901"), Person: people[0], CreatedAt: time.Now(), UsedAt: time.Now()}
	l.Identity = a.Ring.Seal(seal.Location{Table: "links", Column: "identity", Tenant: l.Tenant, Row: l.ID}, []byte(`{"key":"k"}`))
	l.Tokens = a.Ring.Seal(seal.Location{Table: "links", Column: "tokens", Tenant: l.Tenant, Row: l.ID}, []byte(`{"Access":"at"}`))
	if err := a.DB.InsertLink(t.Context(), l, 1, nil); err != nil {
		t.Fatal(err)
	}
	if token, err := s.Token(t.Context(), "conformance"); err != nil || token != "at" {
		t.Errorf("%q %v", token, err)
	}
	if err := s.Disconnect(t.Context(), "conformance"); err != nil {
		t.Fatal(err)
	}
	left, err := a.DB.People(t.Context(), a.Tenant, storage.ID{}, 10)
	if err != nil || len(left) != 1 || left[0].ID != people[1] {
		t.Errorf("%v %v", left, err)
	}
}
