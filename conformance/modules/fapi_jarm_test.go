package modules

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// jarm is a client that takes signed responses.
func (w *world) jarm(alg string, types ...string) *testkit.RP {
	w.t.Helper()
	return w.types(storage.ClientMetadata{ClientRequests: storage.ClientRequests{AuthorizationSignedResponseAlg: alg}}, types...)
}

// Success and refusal in every signed mode, for every kind of response.
func TestFAPI_JARMModes(t *testing.T) {
	w := open(t)
	rp := w.jarm("PS256", "code", "code id_token", "code token")
	b := w.signedIn(rp)
	for mode, base := range map[string]string{"jwt": "query", "query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post"} {
		q := w.unwrapped(w.response(get(b, w.AuthURL(rp, "response_mode", mode)), rp, base), rp)
		if q.Get("code") == "" || q.Get("state") != "state-1" || q.Get("iss") != w.URL || len(q) != 3 {
			t.Errorf("%s: %v", mode, q)
		}
		w.ok(w.Redeem(rp, q.Get("code")))
		refused := w.unwrapped(w.response(w.Get(w.AuthURL(rp, "response_mode", mode, "prompt", "none")), rp, base), rp)
		if refused.Get("error") != "login_required" || refused.Get("state") != "state-1" {
			t.Errorf("%s: %v", mode, refused)
		}
		early := w.unwrapped(w.response(w.Get(w.AuthURL(rp, "response_mode", mode, "scope", "nonsense")), rp, base), rp)
		if early.Get("error") != "invalid_scope" {
			t.Errorf("%s: %v", mode, early)
		}
	}
	// Tokens that come through the browser go to the fragment, signed or not.
	q := w.unwrapped(w.response(get(b, w.AuthURL(rp, "response_mode", "jwt", "response_type", "code token")), rp, "fragment"), rp)
	if q.Get("access_token") == "" || q.Get("token_type") != "Bearer" || q.Get("code") == "" {
		t.Errorf("%v", q)
	}
	w.row("authorize.response_mode", func() {
		w.refusedTo(get(b, w.AuthURL(rp, "response_mode", "query.jwt", "response_type", "code token")), rp, "fragment", "unsupported_response_mode")
	})
	header, _ := w.parts(w.response(get(b, w.AuthURL(rp, "response_mode", "jwt")), rp, "query").Get("response"))
	if header["alg"] != "PS256" || header["kid"] == nil {
		t.Errorf("header %v", header)
	}
	only := w.Client(storage.ClientMetadata{ResponseModes: []string{"jwt"}})
	for _, mode := range []string{"", "query", "form_post"} { // …-ensure-response-mode-query, …-ensure-response-type-code-fails
		w.row("authorize.response_mode", func() {
			w.refusedTo(w.Get(w.AuthURL(only, "response_mode", mode)), only, "query", "invalid_request")
		})
	}
	w.refusedTo(w.Get(w.AuthURL(only, "response_mode", "jwt", "prompt", "none")), only, "jwt", "login_required")
	w.refusedTo(w.Get(w.AuthURL(only, "request", "a.b.c")), only, "jwt", "invalid_request_object")
}

// The state's hash stands in an ID token that comes with the response, for each algorithm's own hash (FAPI 1.0 Advanced section 5.1.1).
func TestFAPI_StateHash(t *testing.T) {
	w := open(t)
	for _, alg := range []string{"PS256", "ES256", "EdDSA"} {
		rp := w.types(storage.ClientMetadata{IDTokenSignedResponseAlg: alg}, "code id_token")
		b := w.signedIn(rp, "response_type", "code id_token")
		q := w.response(get(b, w.AuthURL(rp, "response_type", "code id_token")), rp, "fragment")
		claims := w.idTokenText(q.Get("id_token"), rp)
		if claims["s_hash"] != leftHalf(alg, "state-1") || claims["c_hash"] != leftHalf(alg, q.Get("code")) || claims["at_hash"] != nil {
			t.Errorf("%s: %v", alg, claims)
		}
		q = w.response(get(b, w.AuthURL(rp, "response_type", "code id_token", "state", "")), rp, "fragment")
		if claims := w.idTokenText(q.Get("id_token"), rp); claims["s_hash"] != nil || q.Has("state") {
			t.Errorf("%s without state: %v", alg, claims)
		}
		if claims := w.idToken(w.ok(w.Redeem(rp, q.Get("code"))), rp); claims["s_hash"] != nil {
			t.Errorf("%s: %v", alg, claims)
		}
	}
}

// What is encrypted to a client is what it would have got in the open: responses, ID tokens, UserInfo.
func TestFAPI_EncryptedToTheClient(t *testing.T) {
	w := open(t)
	for _, alg := range encryptions() {
		for _, enc := range contents() {
			to := w.receiver(alg)
			rp := w.types(storage.ClientMetadata{JWKS: to.jwks(newKey(t, "ES256")), UserinfoSignedRespAlg: "ES256", ClientRequests: storage.ClientRequests{
				AuthorizationSignedResponseAlg: "ES256", AuthorizationEncryptedRespAlg: alg, AuthorizationEncryptedRespEnc: enc,
				IDTokenEncryptedRespAlg: alg, IDTokenEncryptedRespEnc: enc, UserinfoEncryptedRespAlg: alg, UserinfoEncryptedRespEnc: enc,
			}}, "code id_token", "code")
			b := w.signedIn(rp)
			q := w.claimsOf(to.opens(w.response(get(b, w.AuthURL(rp, "response_mode", "jwt")), rp, "query").Get("response"), enc), rp)
			if q.Get("state") != "state-1" {
				t.Errorf("%s %s: %v", alg, enc, q)
			}
			a := w.ok(w.Redeem(rp, q.Get("code")))
			if claims := w.idTokenText(to.opens(a.Text("id_token"), enc), rp); claims["nonce"] != "nonce-1" || claims["at_hash"] == nil {
				t.Errorf("%s %s: %v", alg, enc, claims)
			}
			u := w.ok(w.Userinfo(a.Text("access_token")))
			_, claims := w.parts(to.opens(u.Body, enc))
			if u.Header.Get("Content-Type") != "application/jwt" || claims["email"] != w.email || claims["aud"] != rp.ID {
				t.Errorf("%s %s: %v", alg, enc, claims)
			}
		}
	}
}

// UserInfo that is only encrypted is plain JSON inside (OpenID Connect Core section 5.3.2).
func TestFAPI_UserinfoOnlyEncrypted(t *testing.T) {
	w := open(t)
	to := w.receiver("ECDH-ES+A256KW")
	rp := w.Client(storage.ClientMetadata{JWKS: to.jwks(), ClientRequests: storage.ClientRequests{UserinfoEncryptedRespAlg: "ECDH-ES+A256KW"}})
	u := w.ok(w.Userinfo(w.tokens(rp).Text("access_token")))
	var claims object
	w.must(json.Unmarshal([]byte(to.opens(u.Body, "A128CBC-HS256")), &claims))
	if u.Header.Get("Content-Type") != "application/jwt" || claims["email"] != w.email {
		t.Errorf("%v", claims)
	}
	// A client whose key is gone gets nothing rather than something open.
	w.Change(rp, func(m *storage.ClientMetadata) { m.JWKSURI, m.JWKS = "https://app.test/jwks.json", nil })
	code := w.code(rp)
	if a := w.Userinfo(w.ok(w.Redeem(rp, code)).Text("access_token")); a.Status < 500 || strings.Contains(a.Body, w.email) {
		t.Errorf("without a key: %d %s", a.Status, a.Body)
	}
}

// requestAlgorithms uses each algorithm that is advertised for requests and for what is encrypted, and no other (JW20).
func (w *world) requestAlgorithms(doc object) {
	w.t.Helper()
	for _, alg := range members(doc, "request_object_signing_alg_values_supported") {
		rp, k := w.signing(alg, storage.ClientMetadata{})
		w.begins(w.bare(rp, "request", k.sign(alg, nil, w.ask(rp))))
	}
	rp, k := w.signing("ES256", storage.ClientMetadata{})
	for _, alg := range members(doc, "request_object_encryption_alg_values_supported") {
		for _, enc := range members(doc, "request_object_encryption_enc_values_supported") {
			w.begins(w.bare(rp, "request", w.encrypted(w.published(), alg, enc, k.sign("ES256", nil, w.ask(rp)))))
		}
	}
	for _, alg := range members(doc, "authorization_signing_alg_values_supported") {
		jarm := w.jarm(alg, "code")
		w.refusedTo(w.Get(w.AuthURL(jarm, "response_mode", "jwt", "prompt", "none")), jarm, "jwt", "login_required")
	}
	for _, name := range []string{"authorization", "id_token", "userinfo"} {
		if !slices.Equal(members(doc, name+"_encryption_alg_values_supported"), slices.Sorted(slices.Values(encryptions()))) ||
			!slices.Equal(members(doc, name+"_encryption_enc_values_supported"), slices.Sorted(slices.Values(contents()))) {
			w.t.Errorf("%s: %v", name, doc)
		}
	}
	if uri := w.pushed(rp); doc["require_pushed_authorization_requests"] != false || doc["require_signed_request_object"] != false || uri == "" {
		w.t.Error("more is required than is")
	}
}
