package register

import (
	"context"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// requestURIRules judge the address of a request object. It may end in a fragment, which names a version (OpenID Connect Core section 6.2).
func requestURIRules() []uriRule {
	return []uriRule{uriHTTPS, uriWildcard, uriUserinfo, uriHost, uriPort, uriPath}
}

func checkRequestURIs(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "request_uris", c.RequestURIs, func(s string) string { return judgeURI(s, requestURIRules()) })
}

// checkRequestObjects: an object counts for what its signature is worth: unsigned ones are not to be had (OpenID Connect Registration section 2, RFC
// 9101 section 10.5).
func checkRequestObjects(_ context.Context, c candidate) error {
	algs := core.RequestObjectAlgs()
	if alg := c.RequestObjectSigningAlg; alg != "" {
		if err := oneOf("request_object_signing_alg", alg, algs); err != nil {
			return err
		}
		if alg == keys.RS256 && c.StrictRequestObject {
			return refuse("request_object_signing_alg", "must not be RS256 together with jedan_strict_request_object (FAPI 2.0 section 5.4)")
		}
		algs = []string{alg}
	}
	if !c.RequireSignedRequestObject && !c.StrictRequestObject && c.RequestObjectSigningAlg == "" && len(c.RequestURIs) == 0 {
		return nil
	}
	if len(c.JWKS) == 0 {
		if c.JWKSURI == "" {
			return refuse("jwks", "must hold the key that signs request objects, or jwks_uri name it")
		}
		return nil
	}
	set, _, err := keys.ParseKeys(c.JWKS)
	if err != nil || slices.ContainsFunc(set.Keys, func(k jose.JSONWebKey) bool { return fits(k, algs) }) {
		return nil // a bad set is judged by its own rule
	}
	return refuse("jwks", "must have a key that signs request objects with "+words(algs, "or"))
}

// encryption is one pair of algorithms of a registration.
type encryption struct {
	member   string // without _alg and _enc
	alg, enc *string
	toClient bool // to the client's key; else to ours
}

func encryptions(m *storage.ClientMetadata) []encryption {
	return []encryption{
		{"request_object_encryption", &m.RequestObjectEncryptionAlg, &m.RequestObjectEncryptionEnc, false},
		{"authorization_encrypted_response", &m.AuthorizationEncryptedRespAlg, &m.AuthorizationEncryptedRespEnc, true},
		{"id_token_encrypted_response", &m.IDTokenEncryptedRespAlg, &m.IDTokenEncryptedRespEnc, true},
		{"userinfo_encrypted_response", &m.UserinfoEncryptedRespAlg, &m.UserinfoEncryptedRespEnc, true},
		{"introspection_encrypted_response", &m.IntrospectionEncryptedRespAlg, &m.IntrospectionEncryptedRespEnc, true},
	}
}

// completeEncryption fills in the content encryption that an algorithm goes with by default (OpenID Connect Registration section 2).
func completeEncryption(m *storage.ClientMetadata) {
	for _, e := range encryptions(m) {
		if *e.alg != "" {
			set(e.enc, keys.A128CBCHS256)
		}
	}
}

// checkEncryption: asymmetric algorithms only, an enc only with its alg, and a key to encrypt to.
func checkEncryption(_ context.Context, c candidate) error {
	for _, e := range encryptions(c.ClientMetadata) {
		switch {
		case *e.alg == "" && *e.enc != "":
			return refuse(e.member+"_enc", "needs "+e.member+"_alg")
		case *e.alg == "":
			continue
		}
		if err := oneOf(e.member+"_alg", *e.alg, keys.EncryptionAlgorithms()); err != nil {
			return err
		}
		if err := oneOf(e.member+"_enc", *e.enc, keys.ContentEncryptions()); err != nil {
			return err
		}
		if e.toClient && !c.receives(*e.alg) {
			return refuse("jwks", "must have a key that can be encrypted to with "+*e.alg+" for "+e.member+"_alg, or jwks_uri name one")
		}
	}
	return nil
}

// receives reports whether the client can be sent what is encrypted with alg. Keys by reference are seen only then.
func (c candidate) receives(alg string) bool {
	if len(c.JWKS) == 0 {
		return c.JWKSURI != ""
	}
	_, set, err := keys.ParseKeys(c.JWKS)
	return err != nil || slices.ContainsFunc(set.Keys, func(k jose.JSONWebKey) bool { return keys.Encrypts(k, alg) })
}

// checkResponseAlg is JARM's: what is signed with what this server offers.
func checkResponseAlg(_ context.Context, c candidate) error {
	if c.AuthorizationSignedResponseAlg == "" {
		return nil
	}
	return oneOf("authorization_signed_response_alg", c.AuthorizationSignedResponseAlg, c.r.d.Algorithms)
}
