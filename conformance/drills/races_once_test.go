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
	keys, vouch := signing(t, "JWT", false)
	c := newCluster(t, kind, trusting(t, keys)).boot(size(kind))
	db := c.open(time.Now)
	t.Cleanup(func() { db.shut(t) })
	v := newVolley(t, c.nodes, runners, set.choices(who))
	for _, o := range []once{assertions(t, db), proofs(t, db), vouchers(t, db, vouch)} {
		begun := time.Now()
		won, lost := 0, 0
		for n := range set.races {
			set.progress(t, n, o.name)
			granted, refused := o.race(t, v)
			won, lost = won+granted, lost+refused
		}
		set.report(t, run{drill: "races for the jti of " + o.name, database: kind, begun: begun, size: fmt.Sprintf("%d races of %d requests over %d process(es)", set.races, runners, len(c.nodes)),
			figures: fmt.Sprintf("%d requests granted, %d refused", won, lost)})
	}
}

// race fires one volley: exactly one request gets a token.
func (o once) race(t *testing.T, v *volley) (won, lost int) {
	t.Helper()
	form, header := o.make()
	for _, x := range v.fire("/oauth2/token", form, header...) {
		switch {
		case x.status == http.StatusOK:
			won++
		case o.lost(x):
			lost++
		default:
			t.Fatalf("%s: neither a token nor the refusal: %v", o.name, x)
		}
	}
	if won != 1 {
		t.Fatalf("one of the %s was taken %d times", o.name, won)
	}
	return won, lost
}

// voucher is another issuer, whose word the servers take for a service.
const voucher = "https://voucher.test"

// trusting is the configuration that trusts voucher's keys.
func trusting(t *testing.T, keys json.RawMessage) string {
	t.Helper()
	list, err := json.Marshal([]map[string]any{{"issuer": voucher, "jwks": string(keys), "subject": "service", "services": []string{"job"}, "scopes": []string{"files"}}})
	if err != nil {
		t.Fatal(err)
	}
	return "JEDAN_TOKENS__TRUSTED_ISSUERS=" + string(list)
}

// machineOf registers a client that gets tokens of its own.
func machineOf(t *testing.T, db *beside, m storage.ClientMetadata) (id, secret string) {
	t.Helper()
	if m.Scope, m.ClientName = "files", "Racer"; m.GrantTypes == nil {
		m.GrantTypes = []string{"client_credentials"}
	}
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
		name: "client assertions",
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
		name: "DPoP proofs",
		make: func() (url.Values, []string) {
			now := time.Now()
			proof := sign(map[string]any{"htm": "POST", "htu": issuer + "/oauth2/token", "jti": storage.NewID(now).String(), "iat": now.Unix()})
			return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}, []string{"DPoP: " + proof}
		},
		lost: func(x answer) bool { return x.refused("invalid_dpop_proof") },
	}
}

// vouchers are assertions of another issuer (RFC 7523 section 2.1).
func vouchers(t *testing.T, db *beside, sign func(map[string]any) string) once {
	t.Helper()
	const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	id, secret := machineOf(t, db, storage.ClientMetadata{
		TokenEndpointAuthMethod: "client_secret_post", GrantTypes: []string{grantType}, ClientExchange: storage.ClientExchange{JWTBearer: &storage.JWTBearerPolicy{Issuers: []string{voucher}}},
	})
	return once{
		name: "jwt-bearer assertions",
		make: func() (url.Values, []string) {
			now := time.Now()
			claims := map[string]any{"iss": voucher, "sub": "job", "aud": issuer, "jti": storage.NewID(now).String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
			return url.Values{"grant_type": {grantType}, "assertion": {sign(claims)}, "client_id": {id}, "client_secret": {secret}}, nil
		},
		lost: func(x answer) bool { return x.refused("invalid_grant") },
	}
}
