package register

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkAlgorithms: what this server signs is signed with what it offers; none and symmetric algorithms are not.
func checkAlgorithms(_ context.Context, c candidate) error {
	for _, a := range []struct {
		member, alg string
		allowed     []string
	}{
		{"id_token_signed_response_alg", c.IDTokenSignedResponseAlg, c.r.d.Algorithms},
		{"userinfo_signed_response_alg", c.UserinfoSignedRespAlg, c.r.d.Algorithms},
		{"introspection_signed_response_alg", c.IntrospectionSignedRespAlg, c.r.d.Algorithms},
		{"jedan_access_token_alg", c.AccessTokenAlg, c.r.d.Algorithms},
		{"token_endpoint_auth_signing_alg", c.TokenEndpointAuthSignAlg, authAlgs(c.TokenEndpointAuthMethod)},
	} {
		if a.alg == "" {
			continue
		}
		if err := oneOf(a.member, a.alg, a.allowed); err != nil {
			return err
		}
	}
	return nil
}

// checkJWKS refuses private, symmetric, weak or malformed keys (JW06), and keys that could never sign what the client must sign.
func checkJWKS(_ context.Context, c candidate) error {
	if len(c.JWKS) == 0 {
		return nil
	}
	set, _, err := keys.ParseKeys(c.JWKS)
	if err != nil {
		return errs.Wrap(errs.Invalid, "jwks: "+errs.MessageOf(err), &Problem{Code: CodeMetadata, Member: "jwks", Rule: errs.MessageOf(err)})
	}
	algs := core.AssertionAlgs()
	if c.TokenEndpointAuthSignAlg != "" {
		algs = []string{c.TokenEndpointAuthSignAlg}
	}
	if c.TokenEndpointAuthMethod != core.AuthPrivateKeyJWT || slices.ContainsFunc(set.Keys, func(k jose.JSONWebKey) bool { return fits(k, algs) }) {
		return nil
	}
	return refuse("jwks", "must have a key for "+words(algs, "or"))
}

func fits(k jose.JSONWebKey, algs []string) bool {
	return slices.ContainsFunc(algs, func(alg string) bool {
		return (k.Algorithm == "" || k.Algorithm == alg) && suits(k.Key, alg)
	})
}

func suits(key any, alg string) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" || alg == "PS256"
	case *ecdsa.PublicKey:
		return alg == "ES256" && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}
