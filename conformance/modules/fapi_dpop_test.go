package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// fapi is a client as FAPI 2 wants it: private_key_jwt, and tokens that are bound to a key.
func (w *world) fapi() (*testkit.RP, *key) {
	w.t.Helper()
	k := newKey(w.t, "PS256")
	return w.Client(byKey(storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", TokenEndpointAuthSignAlg: "PS256", JWKS: k.jwks()})), k
}

// as posts a form as a client that signs assertions.
func (w *world) as(path string, rp *testkit.RP, k *key, f map[string][]string, proofs ...string) *testkit.Answer {
	w.t.Helper()
	body := form("client_assertion_type", assertionType, "client_assertion", k.sign("PS256", nil, w.claims(rp, "aud", w.URL)), "client_id", rp.ID)
	for name, values := range f {
		body[name] = values
	}
	return w.prove(path, nil, body, proofs...)
}

// opened takes a pushed request through the browser and returns the code.
func (w *world) opened(rp *testkit.RP, uri string) string {
	w.t.Helper()
	return w.Browser().Authorize(w.bare(rp, "request_uri", uri), w.email).Get("code")
}

func (w *world) codeForm(rp *testkit.RP, code string) map[string][]string {
	return form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier)
}

// fapi2-security-profile-final-ensure-dpop-proof-at-par-endpoint-binding-success, -ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt and
// -ensure-mismatched-dpop-jkt-fails: a proof at PAR ties the code to its key (RFC 9449 section 10.1).
func TestFAPI_DpopProofAtPAR(t *testing.T) {
	w := open(t)
	rp, client := w.fapi()
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	for _, changes := range [][]string{nil, {"dpop_jkt", k.jkt()}} {
		uri := w.taken(w.as("/oauth2/par", rp, client, w.params(rp, changes...), w.proof(k, "/oauth2/par")))
		code := w.opened(rp, uri)
		w.row("code.dpop_jkt", func() {
			w.refused(w.as("/oauth2/token", rp, client, w.codeForm(rp, code), w.tokenProof(other)), 400, "invalid_grant")
		})
		w.keyed(w.as("/oauth2/token", rp, client, w.codeForm(rp, code), w.tokenProof(k)), rp, k)
	}
	w.row("par.dpop", func() {
		w.refused(w.as("/oauth2/par", rp, client, w.params(rp, "dpop_jkt", other.jkt()), w.proof(k, "/oauth2/par")), 400, "invalid_request")
	})
	w.row("dpop.uri", func() {
		w.refused(w.as("/oauth2/par", rp, client, w.params(rp), w.tokenProof(k)), 400, "invalid_dpop_proof")
	})
	once := w.proof(k, "/oauth2/par")
	w.taken(w.as("/oauth2/par", rp, client, w.params(rp), once))
	w.row("dpop.unused", func() { w.refused(w.as("/oauth2/par", rp, client, w.params(rp), once), 400, "invalid_dpop_proof") })
}

// fapi2-security-profile-final-ensure-dpop-auth-code-binding-success and -ensure-token-endpoint-fails-with-mismatched-dpop-jkt.
func TestFAPI_DpopAuthCodeBinding(t *testing.T) {
	w := open(t)
	rp, client := w.fapi()
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	code := w.opened(rp, w.taken(w.as("/oauth2/par", rp, client, w.params(rp, "dpop_jkt", k.jkt()))))
	w.refused(w.as("/oauth2/token", rp, client, w.codeForm(rp, code), w.tokenProof(other)), 400, "invalid_grant")
	w.keyed(w.as("/oauth2/token", rp, client, w.codeForm(rp, code), w.tokenProof(k)), rp, k)
}

// fapi2-security-profile-final-ensure-holder-of-key-required, -check-dpop-proof-nbf-exp and -ensure-dpop-proof-with-iat-10seconds-before-succeeds and
// -after-succeeds.
func TestFAPI_HolderOfKeyRequired(t *testing.T) {
	w := open(t)
	rp, client := w.fapi()
	k, now := newKey(t, "ES256"), w.Clock.Now()
	code := w.code(rp)
	w.refused(w.as("/oauth2/token", rp, client, w.codeForm(rp, code)), 400, "invalid_dpop_proof")
	w.keyed(w.as("/oauth2/token", rp, client, w.codeForm(rp, code), w.tokenProof(k, "nbf", now.Unix(), "exp", now.Add(5*time.Minute).Unix())), rp, k)
	for _, d := range []time.Duration{-10 * time.Second, 10 * time.Second} {
		token := w.keyed(w.as("/oauth2/token", rp, client, w.codeForm(rp, w.code(rp)), w.tokenProof(k, "iat", w.Clock.Now().Add(d).Unix())), rp, k)
		w.ok(w.presented("DPoP", token, w.resourceProof(k, token, "iat", w.Clock.Now().Add(d).Unix())))
	}
}

// fapi2-security-profile-final-refresh-token: not renewed, and worth nothing without authentication, without a proof, or to another client.
func TestFAPI_DpopRefreshToken(t *testing.T) {
	w := open(t)
	rp, client := w.fapi()
	second, client2 := w.fapi()
	k := newKey(t, "ES256")
	a := w.as("/oauth2/token", rp, client, w.codeForm(rp, w.code(rp, "scope", "openid offline_access")), w.tokenProof(k))
	w.keyed(a, rp, k)
	f := form("grant_type", "refresh_token", "refresh_token", a.Text("refresh_token"))
	again := w.as("/oauth2/token", rp, client, f, w.tokenProof(k))
	if w.keyed(again, rp, k); again.Text("refresh_token") != a.Text("refresh_token") {
		t.Error("the refresh token was renewed")
	}
	w.unknown(w.prove("/oauth2/token", nil, f, w.tokenProof(k)))
	w.refused(w.as("/oauth2/token", rp, client, f), 400, "invalid_dpop_proof")
	w.refused(w.as("/oauth2/token", second, client2, f, w.tokenProof(k)), 400, "invalid_grant")
	w.keyed(w.as("/oauth2/token", rp, client, f, w.tokenProof(k)), rp, k)
}
