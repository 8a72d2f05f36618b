package plans

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The suite gets the private keys, the provider the public ones, and the report neither.
func TestKeysAndCertificates(t *testing.T) {
	p := find(t, "fapi2-message-signing-mtls-mtls")
	clients := registered(t, p, values())
	cfg, err := p.Configuration(values(), clients)
	if err != nil {
		t.Fatal(err)
	}
	private := at(cfg, "client", "jwks", "keys").([]any)[0].(map[string]any)
	if private["d"] == nil || private["alg"] != "PS256" {
		t.Errorf("the suite needs the private key: %v", private)
	}
	if cert, _ := at(cfg, "mtls2", "cert").(string); !strings.Contains(cert, "BEGIN CERTIFICATE") || at(cfg, "mtls", "key") == nil || at(cfg, "mtls", "cert") == cert {
		t.Error("the suite needs two certificates with their keys")
	}
	var m struct {
		JWKS struct {
			Keys []map[string]any `json:"keys"`
		} `json:"jwks"`
		RequestAlg string `json:"request_object_signing_alg"`
	}
	if err := json.Unmarshal(clients[0].Metadata, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.JWKS.Keys) != 2 || m.JWKS.Keys[0]["n"] != private["n"] || m.JWKS.Keys[1]["x5c"] == nil || m.RequestAlg != "PS256" {
		t.Errorf("registration: %s", clients[0].Metadata)
	}
	for _, secret := range clients[0].Secrets() {
		if strings.Contains(string(clients[0].Metadata), secret) {
			t.Error("the registration has a private part")
		}
	}
	if !slices.Contains(clients[0].Secrets(), private["d"].(string)) || !slices.Contains(clients[0].Secrets(), at(cfg, "mtls", "key").(string)) {
		t.Error("a private part is not named as a secret")
	}
	again := registered(t, p, values())
	if slices.Contains(again[0].Secrets(), private["d"].(string)) {
		t.Error("two runs have the same key")
	}
}
