package modules

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestFE_Tokens: a service that the operator allows exchanges a person's token for that of their upstream, and nobody else does.
func TestFE_Tokens(t *testing.T) {
	w := newFE(t, func(d *federation.Draft) { d.Settings.Tokens = true })
	code := w.through(w.Browser()).Allow().Params().Get("code")
	token := w.Redeem(w.rp, code).Text("access_token")
	policy := storage.TokenExchangePolicy{Impersonation: true, SubjectClients: []string{w.rp.ID}, Connectors: []string{"corp"}}
	back := func(p storage.TokenExchangePolicy) *testkit.RP {
		m := storage.ClientMetadata{GrantTypes: []string{core.GrantTokenExchange}, RedirectURIs: []string{}}
		m.TokenExchange = &p
		return w.Client(m)
	}
	service := back(policy)
	ask := func(rp *testkit.RP, more ...string) *testkit.Answer {
		f := form("grant_type", core.GrantTokenExchange, "subject_token", token, "subject_token_type", core.TokenTypeAccess, "audience", "urn:jedan-auth:connector:corp")
		for i := 0; i < len(more); i += 2 {
			f.Add(more[i], more[i+1])
		}
		return w.Call("/oauth2/token", rp, f)
	}
	if a := ask(service); a.Status != http.StatusOK || !strings.HasPrefix(a.Text("access_token"), "at-code-") || a.Text("token_type") != "Bearer" {
		t.Fatalf("%v", a)
	}
	policy.Connectors = nil
	other := back(policy)
	for name, a := range map[string]func() *testkit.Answer{
		"a client that may not": func() *testkit.Answer { return ask(other) },
		"a scope":               func() *testkit.Answer { return ask(service, "scope", "openid") },
		"another audience":      func() *testkit.Answer { return ask(service, "audience", "https://api.example") },
		"a resource":            func() *testkit.Answer { return ask(service, "resource", "https://api.example") },
	} {
		mark := w.Log.Mark()
		if got := a(); got.Text("error") != "invalid_target" || !slices.Contains(w.Log.Refused(mark), "exchange.target") {
			t.Errorf("%s: %v, refused by %v", name, got, w.Log.Refused(mark))
		}
	}
	_, err := w.App.Connectors.Update(t.Context(), "corp", func(d *federation.Draft) error { d.Settings.Tokens = false; return nil }, operator())
	w.must(err)
	if a := ask(service); a.Text("error") != "invalid_target" {
		t.Errorf("tokens are not kept any more: %v", a)
	}
	bad := policy
	bad.Connectors = []string{"Not a name"}
	m := storage.ClientMetadata{GrantTypes: []string{core.GrantTokenExchange}}
	m.TokenExchange = &bad
	if _, err := w.App.Registrar.Create(t.Context(), m, register.Options{Actor: registrarActor()}); err == nil {
		t.Error("a connector of no possible name was taken")
	}
}
