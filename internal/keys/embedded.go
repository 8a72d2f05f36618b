package keys

import (
	"crypto"
	"encoding/base64"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// maxEmbeddedHeader leaves room for an RSA key of 4096 bits.
const maxEmbeddedHeader = 4 << 10

// Embedded is a JWS that brings its own public key (RFC 7515 section 4.1.3), such as a DPoP proof. It says that its sender holds the key, never who the
// sender is.
type Embedded struct {
	Header
	token string
	jwk   map[string]any // nil if absent or no object
}

// ParseEmbedded reads a token of at most 16 KiB without judging key or signature. Headers that name keys elsewhere or change the processing are
// refused. Every refusal of this file is errs.Invalid.
func ParseEmbedded(token string) (*Embedded, error) {
	c, err := splitCompact(token, maxToken)
	if err != nil {
		return nil, err
	}
	members, err := headerMembers(c.header, maxEmbeddedHeader)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(members)
	if err != nil {
		return nil, err
	}
	e := &Embedded{Header: h, token: token}
	e.jwk, _ = members["jwk"].(map[string]any)
	return e, nil
}

// EmbeddedKey is a sound public key that a token brought.
type EmbeddedKey struct {
	Thumbprint string // SHA-256 of RFC 7638, base64url
	key        any
}

// Key returns the token's key: public, sound, meant for signatures, and of the type and curve that its algorithm demands, which is none for
// algorithms that are symmetric or none.
func (e *Embedded) Key() (*EmbeddedKey, error) {
	if e.jwk == nil {
		return nil, errs.New(errs.Invalid, "The token brings no key.")
	}
	jwk, may, err := parseJWK(e.jwk)
	if err != nil {
		return nil, err
	}
	if !may.verify || kindOf(jwk.Key) != demands[e.Algorithm] || jwk.Algorithm != "" && jwk.Algorithm != e.Algorithm {
		return nil, errs.New(errs.Invalid, "The token's key does not fit its algorithm.")
	}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, errs.New(errs.Invalid, "The token's key is malformed.")
	}
	return &EmbeddedKey{Thumbprint: base64.RawURLEncoding.EncodeToString(sum), key: jwk.Key}, nil
}

// Verify returns the claims as they were signed, if the key signed them.
func (e *Embedded) Verify(k *EmbeddedKey) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(e.token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(e.Algorithm)})
	if err != nil {
		return nil, errs.New(errs.Invalid, "The token is not a signed JWT in compact form.")
	}
	claims, err := jws.Verify(k.key)
	if err != nil {
		return nil, errs.New(errs.Invalid, "The token's signature is wrong.")
	}
	return claims, nil
}

// IsType compares the token's media type (RFC 7515 section 4.1.9).
func (h Header) IsType(typ string) bool { return h.Type != "" && sameType(h.Type, typ) }
