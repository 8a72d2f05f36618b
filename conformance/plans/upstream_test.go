package plans

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

func paired(t *testing.T, name string) *Pairing {
	t.Helper()
	found, err := MatchUpstreams(name)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	p, err := found[0].Pair(UpstreamValues{Issuer: "https://op.example", Name: "suite", CA: "PEM"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUpstreamsAreTold(t *testing.T) {
	all, err := Upstreams()
	if err != nil || len(all) < 15 {
		t.Fatalf("%d plans, %v", len(all), err)
	}
	seen := map[string]bool{}
	for _, u := range all {
		if seen[u.Name] {
			t.Errorf("two plans are called %s", u.Name)
		}
		seen[u.Name] = true
		p := paired(t, u.Name)
		raw, err := json.Marshal(p.Configuration())
		if err != nil || strings.Contains(string(raw), "{base}") {
			t.Errorf("%s: %s %v", u.Name, raw, err)
		}
		if !u.Registers && at(p.Configuration(), "client", "redirect_uri") != "https://op.example/federation/suite/callback" {
			t.Errorf("%s: %s", u.Name, raw)
		}
		if config := p.Config("m", "https://suite.example/test/x/"); config["issuer"] != "https://suite.example/test/x/" || config["ca"] != "PEM" || (config["register"] == true) != u.Registers {
			t.Errorf("%s: %v", u.Name, config)
		}
	}
	if got := at(paired(t, "rp-backchannel-logout").Configuration(), "client", "backchannel_logout_uri"); got != "https://op.example/federation/suite/backchannel" {
		t.Error(got)
	}
}

// Both sides have the same secret, or the halves of a key; the report has neither.
func TestCredentialsOfBothSides(t *testing.T) {
	basic := paired(t, "rp-basic")
	secret, _ := at(basic.Configuration(), "client", "client_secret").(string)
	if len(secret) < 32 || basic.Config("m", "x")["client_secret"] != secret || basic.Secrets()[0] != secret {
		t.Error("no secret that both know")
	}
	if again := paired(t, "rp-basic"); again.Secrets()[0] == secret {
		t.Error("two runs have the same secret")
	}
	fapi := paired(t, "rp-fapi2-security")
	config := fapi.Config("m", "x")
	public, _ := at(fapi.Configuration(), "client", "jwks", "keys").([]any)[0].(map[string]any)
	if public["d"] != nil || public["kid"] == "" || config["token_endpoint_auth_method"] != "private_key_jwt" || config["client_secret"] != nil || config["dpop"] != true {
		t.Error(public, config)
	}
	mutual := paired(t, "rp-fapi2-security-mtls")
	cert, _ := at(mutual.Configuration(), "client", "certificate").(string)
	key, _ := mutual.Config("m", "x")["tls_key"].(string)
	if !strings.Contains(cert, "CERTIFICATE") || strings.Contains(cert, "PRIVATE") || !strings.Contains(key, cert) || !strings.Contains(key, "PRIVATE KEY") {
		t.Error("the certificate is not on both sides, or its key is")
	}
	dynamic := paired(t, "rp-dynamic")
	if c := dynamic.Config("oidcc-client-test-discovery-openid-config", "x"); c["register"] != nil || c["client_id"] != ClientID {
		t.Error("the module that ends with discovery is registered for: ", c)
	}
	if at(dynamic.Configuration(), "client", "client_id") != nil || at(dynamic.Configuration(), "client", "jwks") != nil {
		t.Error("the suite knows us before")
	}
}

func TestProofsOfARun(t *testing.T) {
	if proof, err := paired(t, "rp-basic").Proof("https://api.example/a", "at", "", time.Unix(1, 0)); proof != "" || err != nil {
		t.Error(proof, err)
	}
	p := paired(t, "rp-fapi2-security")
	proof, err := p.Proof("https://api.example/a", "at", "n", time.Unix(1_800_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(proof, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(jws.Signatures[0].Protected.JSONWebKey)
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims["htu"] != "https://api.example/a" || claims["nonce"] != "n" || claims["ath"] == nil || claims["htm"] != "GET" {
		t.Error(claims, err)
	}
}

func TestBrokenUpstreamsAreRefused(t *testing.T) {
	for name, raw := range map[string]string{"no title": `[{"name":"x","suite_plan":"y"}]`, "unknown member": `[{"nmae":"x"}]`, "no list": `{}`} {
		if _, err := loadUpstreams(fstest.MapFS{"data/upstream.json": {Data: []byte(raw)}}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if _, err := MatchUpstreams("nonsense"); !errors.Is(err, ErrUnknownPlan) || !strings.Contains(err.Error(), "rp-basic") {
		t.Errorf("got %v", err)
	}
	if _, err := (Upstream{Key: "HS256"}).Pair(UpstreamValues{}); err == nil {
		t.Error("a key for an algorithm without one: want an error")
	}
}
