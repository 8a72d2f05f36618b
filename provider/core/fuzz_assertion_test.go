package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	fuzzIssuer = "https://id.test"
	fuzzNow    = 1_795_000_000
)

func fuzzTime() time.Time { return time.Unix(fuzzNow, 0).UTC() }

// memory is a ledger.
type memory map[string]bool

// SpendOnce implements storage.Replays.
func (m memory) SpendOnce(_ context.Context, r *storage.Replay) (bool, error) {
	fresh := !m[string(r.Hash)]
	m[string(r.Hash)] = true
	return fresh, nil
}

// DeleteExpiredReplays implements storage.Replays.
func (memory) DeleteExpiredReplays(context.Context, time.Time, int) (int64, error) { return 0, nil }

// fuzzClient is "app", which signs by the method.
func fuzzClient(t testing.TB, method string) *Client {
	t.Helper()
	row := &storage.Client{ClientID: "app", Metadata: storage.ClientMetadata{TokenEndpointAuthMethod: method}}
	if method == AuthPrivateKeyJWT {
		row.Metadata.JWKS = json.RawMessage(testjws.JWKS())
	}
	c, err := ParseClient(row)
	if err != nil {
		t.Fatal(err)
	}
	if method == AuthSecretJWT {
		row.SecretSealed = fuzzKey().Seal(SecretAt(row), []byte(testjws.Secret))
	}
	return c
}

func fuzzKey() *seal.Key {
	k, err := seal.NewKey(1, []byte(testjws.Secret))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	return k
}

func fuzzAuthn() *Authn {
	return &Authn{Vault: fuzzKey(), Replays: memory{}, Now: fuzzTime, Issuer: fuzzIssuer, Config: Config{ClockSkew: time.Minute, AssertionMax: 10 * time.Minute}}
}

// asserts presents an assertion.
func asserts(a *Authn, c *Client, assertion string) error {
	r := &AuthnRequest{
		Form: url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}, Endpoint: fuzzIssuer + "/oauth2/par", a: a, Client: c,
	}
	return checkClientAssertion(context.Background(), r)
}

// refusedAs wants a refusal of the code.
func refusedAs(t *testing.T, code string, err error) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Err.ErrorField != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

// assertionSeeds are claims that get far.
func assertionSeeds() []string {
	const good = `{"iss":"app","sub":"app","aud":"https://id.test","jti":"j","exp":1795000060}`
	return []string{
		good, strings.Replace(good, `"https://id.test"`, `["https://id.test/oauth2/token"]`, 1), strings.Replace(good, `"https://id.test"`, `["https://id.test","https://evil.test"]`, 1),
		strings.Replace(good, `"https://id.test"`, `"https://id.test/oauth2/par"`, 1), strings.Replace(good, "1795000060", "1795000661", 1), strings.Replace(good, "1795000060", "1794999941.5", 1),
		strings.Replace(good, `"jti":"j"`, `"jti":"`+strings.Repeat("j", 257)+`"`, 1), strings.Replace(good, `"exp"`, `"nbf":1795000061,"iat":1795000000,"exp"`, 1),
		strings.Replace(good, `"sub":"app"`, `"sub":"APP","Sub":"app"`, 1), strings.Replace(good, `"iss"`, `"iss":"x","\u0069ss"`, 1), strings.Replace(good, "1795000060", "1e400", 1),
		strings.Replace(good, `"jti":"j"`, `"jti":["j"]`, 1), `{"iss":1}`, `[]`, ``, good + good,
	}
}

// FuzzClientAssertion: whatever a client signs, what is taken is about itself, for this server alone, for minutes, and only once.
func FuzzClientAssertion(f *testing.F) {
	for _, s := range assertionSeeds() {
		f.Add(s, false)
		f.Add(s, true)
	}
	byKey, bySecret := fuzzClient(f, AuthPrivateKeyJWT), fuzzClient(f, AuthSecretJWT)
	f.Fuzz(func(t *testing.T, claims string, secret bool) {
		c, token := byKey, testjws.EdDSA("JWT", claims)
		if secret {
			c, token = bySecret, testjws.HS256(claims)
		}
		a := fuzzAuthn()
		if err := asserts(a, c, token); err != nil {
			refusedAs(t, "invalid_client", err)
			return
		}
		if unverifiedSubject(token) != "app" {
			t.Errorf("%q: the client is not found by its own assertion", claims)
		}
		var in map[string]any
		if err := json.Unmarshal([]byte(claims), &in); err != nil {
			t.Fatalf("%q: %v", claims, err)
		}
		aud, exp := in["aud"], in["exp"].(float64) //nolint:forcetypeassert // a panic is a finding
		if list, ok := aud.([]any); ok && len(list) == 1 {
			aud = list[0]
		}
		ours := []any{fuzzIssuer, fuzzIssuer + "/oauth2/token", fuzzIssuer + "/oauth2/par"}
		if in["iss"] != "app" || in["sub"] != "app" || !slices.Contains(ours, aud) || in["jti"] == "" || in["jti"] == nil || exp < fuzzNow-60 || exp > fuzzNow+661 {
			t.Errorf("taken: %q", claims)
		}
		refusedAs(t, "invalid_client", asserts(a, c, token))
	})
}

// FuzzForeignAssertion: nothing is taken that the client's key did not sign, however it is written.
func FuzzForeignAssertion(f *testing.F) {
	const claims = `{"iss":"app","sub":"app","aud":"https://id.test","jti":"j","exp":1795000060}`
	good, mac := testjws.EdDSA("JWT", claims), testjws.HS256(claims)
	for _, s := range []string{
		good, mac, good + "=", good[:len(good)-1], strings.Replace(good, ".", "..", 1), good + ".", "", "..", testjws.Under(`{"alg":"none"}`, claims), testjws.Under(`{"alg":"HS256"}`, claims),
		testjws.Under(`{"alg":"EdDSA","crit":["b64"],"b64":false}`, claims), testjws.Under(`{"alg":"EdDSA","jku":"https://evil.test"}`, claims), testjws.Under(`{"alg":"EdDSA","jwk":`+testjws.JWK()+`}`, claims),
		testjws.Under(`{"alg":"EdDSA","kid":"unknown"}`, claims),
	} {
		f.Add(s)
	}
	byKey, bySecret := fuzzClient(f, AuthPrivateKeyJWT), fuzzClient(f, AuthSecretJWT)
	f.Fuzz(func(t *testing.T, token string) {
		payload, whole := signedPayload(token)
		for _, c := range []*Client{byKey, bySecret} {
			if err := asserts(fuzzAuthn(), c, token); err != nil {
				refusedAs(t, "invalid_client", err)
			} else if !whole || payload != claims {
				t.Errorf("%s: %q is taken", c.AuthMethod, token)
			}
		}
	})
}

// signedPayload is the payload of a token, and whether a signature by the test's keys belongs to its very bytes.
func signedPayload(token string) (string, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	header, err1 := base64.RawURLEncoding.DecodeString(parts[0])
	payload, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	if err1 != nil || err2 != nil {
		return "", false
	}
	return string(payload), token == testjws.Under(string(header), string(payload)) || token == testjws.HS256(string(payload))
}

// FuzzIssuerToken: what is read of another issuer's token is what that signed, and valid now.
func FuzzIssuerToken(f *testing.F) {
	const good = `{"iss":"https://other.test","sub":"job","aud":["https://api.test"],"exp":1795000060,"jti":"j","email":"a@b.test","email_verified":true,"may_act":{"sub":"x"},"act":{"sub":"y","act":{}}}`
	for _, s := range []string{
		good, strings.Replace(good, `["https://api.test"]`, `"https://api.test"`, 1), strings.Replace(good, `"sub":"job"`, `"sub":"`+strings.Repeat("s", 256)+`"`, 1), strings.Replace(good, `true`, `"true"`, 1),
		strings.Replace(good, `"exp"`, `"nbf":1795000000,"iat":1795000000,"auth_time":1794000000,"exp"`, 1), strings.Replace(good, `{"sub":"x"}`, `[]`, 1), strings.Replace(good, `"iss"`, `"Iss"`, 1), `{}`,
	} {
		f.Add(s, "JWT")
	}
	issuers, err := NewIssuers(Config{ClockSkew: time.Minute, TrustedIssuers: []IssuerConfig{
		{Issuer: "https://other.test", JWKS: testjws.JWKS(), Algorithms: []string{"EdDSA"}, Subject: MapService, Services: []string{"job"}},
		{Issuer: "https://third.test", JWKS: testjws.JWKS(), Algorithms: []string{"EdDSA"}, Subject: MapSub},
	}}, IssuersDeps{Now: fuzzTime})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, claims, typ string) {
		token := testjws.EdDSA(typ, claims)
		a, err := issuers.Read(t.Context(), token, []string{"https://other.test"}, InvalidGrant)
		if err != nil {
			refusedAs(t, "invalid_grant", err)
			return
		}
		var in map[string]any
		if err := json.Unmarshal([]byte(claims), &in); err != nil || in["iss"] != "https://other.test" || in["sub"] != a.Subject || in["exp"].(float64) < fuzzNow-60 || len(a.Audience) == 0 {
			t.Errorf("%q is read as %+v: %v", claims, a, err)
		}
		if !issuers.Foreign(token) {
			t.Errorf("%q is not known as another issuer's", claims)
		}
		if _, err := issuers.Person(t.Context(), a); (err == nil) != (a.Subject == "job") {
			t.Errorf("%q: the service %q: %v", claims, a.Subject, err)
		}
		if _, err := issuers.Read(t.Context(), token, []string{"https://third.test"}, InvalidGrant); err == nil {
			t.Errorf("%q counts as another issuer's", claims)
		}
	})
}
