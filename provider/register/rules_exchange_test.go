package register

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// exchanging is a registration for token exchange and assertions that every rule lets through.
func exchanging() storage.ClientMetadata {
	m := storage.ClientMetadata{GrantTypes: []string{core.GrantTokenExchange, core.GrantJWTBearer}, Scope: "orders:read"}
	m.TokenExchange = &storage.TokenExchangePolicy{
		Impersonation: true, Audiences: []string{"https://api.test"}, SubjectClients: []string{"front"}, Issuers: []string{"https://idp.test"},
	}
	m.JWTBearer = &storage.JWTBearerPolicy{Issuers: []string{"https://idp.test"}}
	return m
}

func TestExchangePolicies(t *testing.T) {
	w := newWorld(t)
	w.d.Issuers = []string{"https://idp.test"}
	if _, err := w.CreateResource(t.Context(), Resource{Identifier: "https://api.test"}, operator()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}}, Options{ClientID: "front", Actor: operator()}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create(t.Context(), exchanging(), Options{Actor: operator()}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m *storage.ClientMetadata)
		member string
	}{
		"no policy":        {func(m *storage.ClientMetadata) { m.TokenExchange = nil }, "jedan_token_exchange"},
		"no grant type":    {func(m *storage.ClientMetadata) { m.GrantTypes = []string{core.GrantJWTBearer} }, "jedan_token_exchange"},
		"nothing":          {func(m *storage.ClientMetadata) { m.TokenExchange.Impersonation = false }, "jedan_token_exchange"},
		"public":           {func(m *storage.ClientMetadata) { m.TokenEndpointAuthMethod = "none" }, "token_endpoint_auth_method"},
		"audience":         {func(m *storage.ClientMetadata) { m.TokenExchange.Audiences[0] = "https://other.test" }, "jedan_token_exchange.audiences[0]"},
		"no URI":           {func(m *storage.ClientMetadata) { m.TokenExchange.Audiences[0] = "api" }, "jedan_token_exchange.audiences[0]"},
		"unknown client":   {func(m *storage.ClientMetadata) { m.TokenExchange.SubjectClients[0] = "nobody" }, "jedan_token_exchange.subject_clients[0]"},
		"twice":            {func(m *storage.ClientMetadata) { m.TokenExchange.SubjectClients = []string{"front", "front"} }, "jedan_token_exchange.subject_clients[1]"},
		"unknown issuer":   {func(m *storage.ClientMetadata) { m.TokenExchange.Issuers[0] = "https://evil.test" }, "jedan_token_exchange.issuers[0]"},
		"bearer alone":     {func(m *storage.ClientMetadata) { m.JWTBearer = nil }, "jedan_jwt_bearer"},
		"bearer of nobody": {func(m *storage.ClientMetadata) { m.JWTBearer.Issuers = nil }, "jedan_jwt_bearer"},
		"bearer issuer":    {func(m *storage.ClientMetadata) { m.JWTBearer.Issuers[0] = "https://evil.test" }, "jedan_jwt_bearer.issuers[0]"},
		"public bearer": {func(m *storage.ClientMetadata) {
			m.GrantTypes, m.TokenExchange, m.TokenEndpointAuthMethod = []string{core.GrantJWTBearer}, nil, "none"
		}, "token_endpoint_auth_method"},
	} {
		m := exchanging()
		c.change(&m)
		_, err := w.Create(t.Context(), m, Options{Actor: operator()})
		if p, ok := AsProblem(err); !ok || p.Code != CodeMetadata || p.Member != c.member {
			t.Errorf("%s: %v", name, err)
		}
	}
}
