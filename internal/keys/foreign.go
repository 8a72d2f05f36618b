package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxTried bounds the work for a token without kid.
const maxTried = 8

// demands are the algorithms that others may sign with, all asymmetric, and the type or curve of key that each demands (RFC 7518 section 3.1).
var demands = map[string]string{
	RS256: "RSA", "RS384": "RSA", "RS512": "RSA", PS256: "RSA", "PS384": "RSA", "PS512": "RSA",
	ES256: "P-256", "ES384": "P-384", "ES512": "P-521", EdDSA: "Ed25519",
}

// kindOf names a public key as demands do.
func kindOf(pub any) string {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return "RSA"
	case *ecdsa.PublicKey:
		return k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "none"
}

// ReadHeader reads the header of a compact JWS by VerifyWith's rules, without any key. Nothing in it is proven.
func ReadHeader(token string) (Header, error) {
	c, err := splitCompact(token, maxToken)
	if err != nil {
		return Header{}, err
	}
	return parseHeader(c.header)
}

// VerifyWith checks a JWT that somebody else signed (a client assertion, a request object) against their key set from ParseJWKS, and returns its
// header and its claims as they were signed. algs is what the caller accepts; none and symmetric algorithms are never accepted. The key comes from
// the set alone, by kid if the header has one; headers that bring keys or change the processing are refused. A token has at most 16 KiB. Lifetimes,
// audience and typ are the caller's to check. Every refusal is errs.Invalid.
func VerifyWith(jwks *jose.JSONWebKeySet, token string, algs []string) (Header, []byte, error) {
	c, err := splitCompact(token, maxToken)
	if err != nil {
		return Header{}, nil, err
	}
	h, err := parseHeader(c.header)
	if err != nil {
		return Header{}, nil, err
	}
	if !slices.Contains(algs, h.Algorithm) {
		return Header{}, nil, errs.New(errs.Invalid, "The token's algorithm is not accepted here.")
	}
	candidates := candidateKeys(jwks, h)
	if len(candidates) == 0 {
		return Header{}, nil, errs.New(errs.Invalid, "No registered key fits the token.")
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(h.Algorithm)})
	if err != nil {
		return Header{}, nil, errs.New(errs.Invalid, "The token is not a signed JWT in compact form.")
	}
	for _, key := range candidates {
		if claims, err := jws.Verify(key); err == nil {
			return h, claims, nil
		}
	}
	return Header{}, nil, errs.New(errs.Invalid, "The token's signature is wrong.")
}

// candidateKeys are the keys of the set that may have signed: of the named id, for signatures, of the type and curve that the algorithm demands, and
// of a sound size. There are none for an algorithm that is not accepted from others.
func candidateKeys(jwks *jose.JSONWebKeySet, h Header) []any {
	kind := demands[h.Algorithm] // empty for others, which is the kind of no key
	if jwks == nil {
		return nil
	}
	var out []any
	for _, k := range jwks.Keys {
		switch {
		case h.KeyID != "" && k.KeyID != h.KeyID:
		case k.Use != "" && k.Use != "sig":
		case k.Algorithm != "" && k.Algorithm != h.Algorithm:
		case kindOf(k.Key) == kind && sized(k.Key) && len(out) < maxTried:
			out = append(out, k.Key)
		}
	}
	return out
}
