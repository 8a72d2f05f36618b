package keys

import (
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// secretSizes are the algorithms with a shared secret and the bytes that each demands of it (RFC 7518 section 3.2).
var secretSizes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// MinSecret is the shortest secret in bytes for an algorithm with a shared secret; 0 for other algorithms.
func MinSecret(alg string) int { return secretSizes[alg] }

// VerifySecret checks a JWT whose MAC was made with a secret that both sides know, and returns its header and its claims as they were authenticated.
// algs is what the caller accepts; others than HS256, HS384 and HS512, and secrets that are too short for the algorithm, are never accepted. The
// secret must be one: never bytes of a public key. Otherwise it is as VerifyWith.
func VerifySecret(secret []byte, token string, algs []string) (Header, []byte, error) {
	c, err := splitCompact(token, maxToken)
	if err != nil {
		return Header{}, nil, err
	}
	h, err := parseHeader(c.header)
	if err != nil {
		return Header{}, nil, err
	}
	if least, ok := secretSizes[h.Algorithm]; !ok || len(secret) < least || !slices.Contains(algs, h.Algorithm) {
		return Header{}, nil, errs.New(errs.Invalid, "The token's algorithm is not accepted here.")
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(h.Algorithm)})
	if err != nil {
		return Header{}, nil, errs.New(errs.Invalid, "The token is not a signed JWT in compact form.")
	}
	claims, err := jws.Verify(secret)
	if err != nil {
		return Header{}, nil, errs.New(errs.Invalid, "The token's signature is wrong.")
	}
	return h, claims, nil
}
