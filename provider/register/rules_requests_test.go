package register

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/storage"
)

// ecSet is a key set with one P-256 key for a use.
func ecSet(t *testing.T, use, alg string) json.RawMessage {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Public(), KeyID: use + alg, Use: use, Algorithm: alg}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRequestRules registers what RFC 9101, RFC 9126, JARM and OpenID Connect Registration say of requests and encryption.
func TestRequestRules(t *testing.T) {
	w := newWorld(t)
	signs, receives := ecSet(t, "sig", ""), ecSet(t, "enc", "")
	for name, c := range map[string]struct {
		m      storage.ClientRequests
		jwks   json.RawMessage
		member string // of the refusal; empty: registered
	}{
		"nothing":            {},
		"plain request_uri":  {m: storage.ClientRequests{RequestURIs: []string{"http://app.test/r"}}, jwks: signs, member: "request_uris[0]"},
		"script":             {m: storage.ClientRequests{RequestURIs: []string{"javascript:x"}}, jwks: signs, member: "request_uris[0]"},
		"user":               {m: storage.ClientRequests{RequestURIs: []string{"https://a@app.test/r"}}, jwks: signs, member: "request_uris[0]"},
		"request_uri":        {m: storage.ClientRequests{RequestURIs: []string{"https://app.test/r#hash", "https://app.test/r2?a=b"}}, jwks: signs},
		"twice":              {m: storage.ClientRequests{RequestURIs: []string{"https://app.test/r", "https://app.test/r"}}, jwks: signs, member: "request_uris[1]"},
		"reference, no key":  {m: storage.ClientRequests{RequestURIs: []string{"https://app.test/r"}}, member: "jwks"},
		"none":               {m: storage.ClientRequests{RequestObjectSigningAlg: "none"}, jwks: signs, member: "request_object_signing_alg"},
		"symmetric":          {m: storage.ClientRequests{RequestObjectSigningAlg: "HS256"}, jwks: signs, member: "request_object_signing_alg"},
		"alg, no key":        {m: storage.ClientRequests{RequestObjectSigningAlg: "ES256"}, member: "jwks"},
		"alg, other key":     {m: storage.ClientRequests{RequestObjectSigningAlg: "PS256"}, jwks: signs, member: "jwks"},
		"alg, enc key":       {m: storage.ClientRequests{RequestObjectSigningAlg: "ES256"}, jwks: receives, member: "jwks"},
		"alg":                {m: storage.ClientRequests{RequestObjectSigningAlg: "ES256", RequireSignedRequestObject: true}, jwks: signs},
		"must sign, no key":  {m: storage.ClientRequests{RequireSignedRequestObject: true}, member: "jwks"},
		"strict RS256":       {m: storage.ClientRequests{RequestObjectSigningAlg: "RS256", StrictRequestObject: true}, jwks: signs, member: "request_object_signing_alg"},
		"strict, no key":     {m: storage.ClientRequests{StrictRequestObject: true}, member: "jwks"},
		"enc alone":          {m: storage.ClientRequests{RequestObjectEncryptionEnc: "A128GCM"}, member: "request_object_encryption_enc"},
		"enc of responses":   {m: storage.ClientRequests{AuthorizationEncryptedRespEnc: "A128GCM"}, member: "authorization_encrypted_response_enc"},
		"RSA1_5":             {m: storage.ClientRequests{RequestObjectEncryptionAlg: "RSA1_5"}, member: "request_object_encryption_alg"},
		"dir":                {m: storage.ClientRequests{IDTokenEncryptedRespAlg: "dir"}, jwks: receives, member: "id_token_encrypted_response_alg"},
		"unknown enc":        {m: storage.ClientRequests{IDTokenEncryptedRespAlg: "ECDH-ES+A256KW", IDTokenEncryptedRespEnc: "A192GCM"}, jwks: receives, member: "id_token_encrypted_response_enc"},
		"to us":              {m: storage.ClientRequests{RequestObjectEncryptionAlg: "RSA-OAEP-256"}},
		"to nobody":          {m: storage.ClientRequests{IDTokenEncryptedRespAlg: "ECDH-ES+A256KW"}, member: "jwks"},
		"to a signing key":   {m: storage.ClientRequests{UserinfoEncryptedRespAlg: "ECDH-ES+A256KW"}, jwks: signs, member: "jwks"},
		"to another type":    {m: storage.ClientRequests{UserinfoEncryptedRespAlg: "RSA-OAEP-256"}, jwks: receives, member: "jwks"},
		"to its key":         {m: storage.ClientRequests{AuthorizationEncryptedRespAlg: "ECDH-ES+A256KW"}, jwks: receives},
		"response alg none":  {m: storage.ClientRequests{AuthorizationSignedResponseAlg: "none"}, member: "authorization_signed_response_alg"},
		"response alg HS256": {m: storage.ClientRequests{AuthorizationSignedResponseAlg: "HS256"}, member: "authorization_signed_response_alg"},
		"response alg":       {m: storage.ClientRequests{AuthorizationSignedResponseAlg: "EdDSA"}},
	} {
		m := storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, JWKS: c.jwks, ClientRequests: c.m}
		got, err := w.Create(t.Context(), m, Options{Actor: operator()})
		var p *Problem
		switch {
		case c.member == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.member != "" && (!errors.As(err, &p) || p.Member != c.member):
			t.Errorf("%s: %v, want a refusal of %s", name, err, c.member)
		case err == nil && c.m.AuthorizationEncryptedRespAlg != "" && got.Client.Metadata.AuthorizationEncryptedRespEnc != "A128CBC-HS256":
			t.Errorf("%s: the default enc is missing", name)
		}
	}
}
