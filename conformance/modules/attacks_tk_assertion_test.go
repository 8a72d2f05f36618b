package modules

import (
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// asserting is a client that authenticates by private_key_jwt, with its key.
func (w *world) asserting(alg string) (*testkit.RP, *key) {
	w.t.Helper()
	k := newKey(w.t, alg)
	rp := w.machine(storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", TokenEndpointAuthSignAlg: alg, JWKS: k.jwks()})
	return rp, k
}

// claims are those of a good assertion, changed by name and value pairs; nil takes one away.
func (w *world) claims(rp *testkit.RP, changes ...any) object {
	now := w.Clock.Now()
	c := object{
		"iss": rp.ID, "sub": rp.ID, "aud": w.URL + "/oauth2/token", "jti": storage.NewID(now).String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for i := 0; i+1 < len(changes); i += 2 {
		name := changes[i].(string)
		if changes[i+1] == nil {
			delete(c, name)
		} else {
			c[name] = changes[i+1]
		}
	}
	return c
}

// assert authenticates by an assertion.
func (w *world) assert(assertion string) *testkit.Answer {
	w.t.Helper()
	return w.credentials(form("client_assertion_type", assertionType, "client_assertion", assertion))
}

// notAsserted wants an assertion refused by the row that judges them.
func (w *world) notAsserted(assertion string) {
	w.t.Helper()
	w.row("client.assertion", func() { w.unknown(w.assert(assertion)) })
}

func TestTK09_AssertionReplay(t *testing.T) {
	w := open(t)
	rp, k := w.asserting("ES256")
	once := k.sign("ES256", nil, w.claims(rp))
	w.ok(w.assert(once))
	w.notAsserted(once)
	// The same jti in another assertion, and at another endpoint, is the same use.
	claims := w.claims(rp)
	w.ok(w.assert(k.sign("ES256", nil, claims)))
	claims["aud"] = w.URL
	again := k.sign("ES256", nil, claims)
	w.notAsserted(again)
	w.row("client.assertion", func() {
		w.unknown(w.Call("/oauth2/introspect", nil, form("token", "x", "client_assertion_type", assertionType, "client_assertion", again)))
	})
	// Another client's jti is its own.
	other, k2 := w.asserting("ES256")
	w.ok(w.assert(k2.sign("ES256", nil, w.claims(other, "jti", claims["jti"]))))
}

func TestTK11_AssertionAudience(t *testing.T) {
	w := open(t)
	rp, k := w.asserting("ES256")
	for _, aud := range []any{w.URL, w.URL + "/oauth2/token", []string{w.URL}} {
		w.ok(w.assert(k.sign("ES256", nil, w.claims(rp, "aud", aud))))
	}
	for _, aud := range []any{
		[]string{"https://evil.test", w.URL + "/oauth2/token"}, []string{w.URL, w.URL + "/oauth2/token"}, []string{w.URL, "https://evil.test"}, w.URL + "/",
		w.URL + "/oauth2/par", w.URL + "/oauth2/introspect", w.URL + "/oauth2/authorize", "https://evil.test", rp.ID, "", []string{}, 1, nil, []any{1}, object{"x": 1},
		strings.ToUpper(w.URL),
	} {
		w.notAsserted(k.sign("ES256", nil, w.claims(rp, "aud", aud)))
	}
	introspect := func(aud string) *testkit.Answer {
		return w.Call("/oauth2/introspect", nil, form("token", "x", "client_assertion_type", assertionType, "client_assertion", k.sign("ES256", nil, w.claims(rp, "aud", aud))))
	}
	w.ok(introspect(w.URL + "/oauth2/introspect"))
	w.ok(introspect(w.URL + "/oauth2/token")) // OpenID Connect Core section 9 knows no other
	w.unknown(introspect(w.URL + "/oauth2/revoke"))
}

func TestTK12_AssertionClaims(t *testing.T) {
	w := open(t)
	rp, k := w.asserting("ES256")
	other, _ := w.asserting("ES256")
	now := w.Clock.Now()
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	w.ok(w.assert(k.sign("ES256", nil, w.claims(rp, "exp", in(10*time.Minute), "nbf", in(-time.Minute)))))
	for _, change := range [][]any{
		{"iss", other.ID}, {"iss", nil}, {"iss", 1}, {"jti", nil}, {"jti", ""}, {"jti", 1}, {"jti", strings.Repeat("j", 257)},
		{"exp", nil}, {"exp", in(100 * 365 * 24 * time.Hour)}, {"exp", in(20 * time.Minute)}, {"exp", in(-2 * time.Minute)}, {"exp", "tomorrow"}, {"exp", -1},
		{"nbf", in(5 * time.Minute)}, {"nbf", "x"}, {"iat", in(5 * time.Minute)},
	} {
		w.notAsserted(k.sign("ES256", nil, w.claims(rp, change...)))
	}
	w.notAsserted(k.sign("ES256", nil, w.claims(rp, "sub", other.ID))) // finds the other client, whose key did not sign
	w.row("client.known", func() { w.unknown(w.assert(k.sign("ES256", nil, w.claims(rp, "sub", nil)))) })
	w.row("client.known", func() { w.unknown(w.assert(k.sign("ES256", nil, w.claims(rp, "sub", "nobody")))) })
	named := form("client_assertion_type", assertionType, "client_assertion", k.sign("ES256", nil, w.claims(rp, "sub", other.ID)), "client_id", rp.ID)
	w.row("client.assertion", func() { w.unknown(w.credentials(named)) })

	good := k.sign("ES256", nil, w.claims(rp))
	for _, kind := range []string{"", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", strings.ToUpper(assertionType)} {
		w.row("client.assertion", func() { w.unknown(w.credentials(form("client_assertion_type", kind, "client_assertion", good))) })
	}
	stranger, rsa := newKey(t, "ES256"), newKey(t, "RS256")
	rsa.kid = k.kid
	public, err := json.Marshal(k.private.Public())
	w.must(err)
	for _, bad := range []string{
		unsigned(t, object{"alg": "none"}, w.claims(rp)), symmetric(t, "HS256", public, object{"kid": k.kid}, w.claims(rp)), stranger.sign("ES256", nil, w.claims(rp)),
		rsa.sign("RS256", nil, w.claims(rp)), k.sign("ES384", nil, w.claims(rp)), good + "A", good[:len(good)-1], "a.b.c",
	} {
		w.row("client.assertion", func() {
			w.unknown(w.credentials(form("client_assertion_type", assertionType, "client_assertion", bad, "client_id", rp.ID)))
		})
	}
	w.ok(w.assert(good))
	for _, alg := range []string{"RS256", "PS256", "EdDSA"} {
		rp, k := w.asserting(alg)
		w.ok(w.assert(k.sign(alg, nil, w.claims(rp))))
		if alg == "RS256" { // the algorithm registered is the only one
			w.notAsserted(k.sign("PS256", nil, w.claims(rp)))
		}
	}
}

// point is a coordinate as a JWK has it.
func point(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// offCurve is a P-256 key that is none.
func offCurve() string {
	x := make([]byte, (elliptic.P256().Params().BitSize+7)/8)
	x[31] = 5
	return `{"kty":"EC","crv":"P-256","x":"` + point(x) + `","y":"` + point(x) + `"}`
}

// FAPI 1.0's clients may name others beside the issuer (RFC 7523 section 3), FAPI 2.0's the issuer alone and as a string; nobody may leave it out.
func TestTK31_AudienceUnderProfiles(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil))
	k := newKey(t, "ES256")
	for profile, takes := range map[string]bool{profiles.FAPI1: true, profiles.FAPI2: false} {
		rp := w.operated(w.profiled(profile, k, nil))
		presented := func(aud any) *testkit.Answer {
			return w.Call("/oauth2/introspect", nil, form("token", "x", "client_assertion_type", assertionType, "client_assertion", k.sign("ES256", nil, w.claims(rp, "aud", aud))))
		}
		if a := presented([]string{"https://other.test", w.URL}); (a.Status == 200) != takes {
			t.Errorf("%s: the issuer among others: %d %s", profile, a.Status, a.Body)
		}
		w.ok(presented(w.URL))
		w.refused(presented([]string{"https://other.test", "https://another.test"}), 401, "invalid_client")
	}
}
