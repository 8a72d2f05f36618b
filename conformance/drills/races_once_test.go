package drills

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestRacesOfOnceOnSQLite(t *testing.T)   { racesOfOnce(t, onSQLite, 5) }
func TestRacesOfOnceOnPostgres(t *testing.T) { racesOfOnce(t, onPostgres, 6) }

// once is something that may be used once and needs no grant: how to make one, and how its losers are refused.
type once struct {
	name string
	make func() (form url.Values, header []string)
	lost func(answer) bool
}

// racesOfOnce lets sixteen requests at a time have the same assertion, or the same proof: one is served.
func racesOfOnce(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	c := newCluster(t, kind).boot(size(kind))
	db := c.open(time.Now)
	t.Cleanup(func() { db.shut(t) })
	v := newVolley(t, c.nodes, runners, set.choices(who))
	begun, requests := time.Now(), 0
	kinds := []once{assertions(t, db), proofs(t, db)}
	for _, o := range kinds {
		for range set.races {
			form, header := o.make()
			won := 0
			for _, x := range v.fire("/oauth2/token", form, header...) {
				requests++
				if x.status == http.StatusOK {
					won++
				} else if !o.lost(x) {
					t.Fatalf("%s: neither a token nor the refusal: %v", o.name, x)
				}
			}
			if won != 1 {
				t.Fatalf("one %s was taken %d times", o.name, won)
			}
		}
	}
	set.report(t, run{drill: "races of once", database: kind, begun: begun, size: fmt.Sprintf("%d races each for %d things, of %d requests over %d process(es)", set.races, len(kinds), runners, len(c.nodes)), figures: fmt.Sprintf(
		"assertions and DPoP proofs: each taken once; %d requests", requests)})
}

// machineOf registers a client that gets tokens of its own.
func machineOf(t *testing.T, db *beside, m storage.ClientMetadata) (id, secret string) {
	t.Helper()
	m.GrantTypes, m.Scope, m.ClientName = []string{"client_credentials"}, "files", "Racer"
	r, err := db.Registrar.Create(context.Background(), m, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Client.ClientID, r.Secret
}

// signing makes JWTs by a new key; embed puts the key into their header.
func signing(t *testing.T, typ string, embed bool) (public json.RawMessage, sign func(claims map[string]any) string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, (&jose.SignerOptions{EmbedJWK: embed}).WithType(jose.ContentType(typ)))
	if err != nil {
		t.Fatal(err)
	}
	return public, func(claims map[string]any) string {
		raw, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign(raw)
		if err != nil {
			t.Fatal(err)
		}
		s, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func assertions(t *testing.T, db *beside) once {
	t.Helper()
	public, sign := signing(t, "JWT", false)
	id, _ := machineOf(t, db, storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", JWKS: public})
	return once{
		name: "assertion",
		make: func() (url.Values, []string) {
			now := time.Now()
			return url.Values{
				"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion": {sign(map[string]any{"iss": id, "sub": id, "aud": issuer, "jti": storage.NewID(now).String(), "exp": now.Add(time.Minute).Unix()})},
			}, nil
		},
		lost: func(x answer) bool { return x.status == http.StatusUnauthorized && x.text("error") == "invalid_client" },
	}
}

func proofs(t *testing.T, db *beside) once {
	t.Helper()
	_, sign := signing(t, "dpop+jwt", true)
	id, secret := machineOf(t, db, storage.ClientMetadata{
		TokenEndpointAuthMethod: "client_secret_post", ClientBinding: storage.ClientBinding{DPoPBound: true},
	})
	return once{
		name: "proof",
		make: func() (url.Values, []string) {
			now := time.Now()
			proof := sign(map[string]any{"htm": "POST", "htu": issuer + "/oauth2/token", "jti": storage.NewID(now).String(), "iat": now.Unix()})
			return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}, []string{"DPoP: " + proof}
		},
		lost: func(x answer) bool { return x.refused("invalid_dpop_proof") },
	}
}
