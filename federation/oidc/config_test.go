package oidc

import (
	"encoding/json"
	"testing"
)

// TestIssuers: where each provider is, by its documentation.
func TestIssuers(t *testing.T) {
	for config, want := range map[string]string{
		`{"template":"google","client_id":"c"}`:                                                                                "https://accounts.google.com",
		`{"template":"gitlab","client_id":"c"}`:                                                                                "https://gitlab.com",
		`{"template":"slack","client_id":"c","client_secret":"s"}`:                                                             "https://slack.com",
		`{"template":"linkedin","client_id":"c","client_secret":"s"}`:                                                          "https://www.linkedin.com/oauth",
		`{"template":"microsoft","client_id":"c","tenant":"common","tenants":["*"]}`:                                           "https://login.microsoftonline.com/common/v2.0",
		`{"template":"microsoft","client_id":"c","tenant":"11111111-AAAA-4aaa-8aaa-111111111111"}`:                             "https://login.microsoftonline.com/11111111-aaaa-4aaa-8aaa-111111111111/v2.0",
		`{"template":"microsoft","client_id":"c","tenant":"consumers","personal":true,"authority":"https://login.x.example/"}`: "https://login.x.example/consumers/v2.0",
	} {
		c, err := parseConfig(json.RawMessage(config), nil)
		if err != nil || c.Issuer != want {
			t.Errorf("%s: %s %v", config, c.Issuer, err)
		}
	}
	c, err := parseConfig(json.RawMessage(`{"template":"microsoft","client_id":"c","tenant":"consumers","personal":true}`), nil)
	if err != nil || c.template.document(c) != "https://login.microsoftonline.com/"+personalTenant+"/v2.0" {
		t.Error(c.template.document(c), err)
	}
}

// TestAudience: a secret goes to no other provider, tenant or client.
func TestAudience(t *testing.T) {
	seen := map[string]bool{}
	for _, config := range []string{
		`{"issuer":"https://a.example","client_id":"c"}`, `{"issuer":"https://b.example","client_id":"c"}`, `{"issuer":"https://a.example","client_id":"d"}`,
		`{"template":"google","client_id":"c"}`, `{"template":"apple","client_id":"c","team_id":"t"}`, `{"template":"apple","client_id":"c","team_id":"u"}`,
		`{"template":"microsoft","client_id":"c","tenant":"x"}`, `{"template":"microsoft","client_id":"c","tenant":"y"}`, `{"template":"microsoft","client_id":"c","tenant":"x","authority":"https://z.example"}`,
	} {
		a, err := (&Kind{}).Audience(json.RawMessage(config))
		if err != nil || seen[a] {
			t.Errorf("%s: %q %v", config, a, err)
		}
		seen[a] = true
	}
}
