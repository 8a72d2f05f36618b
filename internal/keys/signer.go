package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxSignature is the longest signature of our algorithms: RSA with 4096 bits.
const maxSignature = 512

// signer is one key pair in memory, for signatures or for encryption to us. It is immutable.
type signer struct {
	row     storage.SigningKey // without the private key
	priv    crypto.Signer
	pub     crypto.PublicKey
	headers map[string]string  // by typ: the protected header in base64url, with the dot after it
	table   func() *es256Table // made when the first token comes back; nil for other algorithms
}

// knownTypes are the media types whose headers are encoded ahead; other ones are encoded at each signature.
func knownTypes() []string {
	return []string{"", "JWT", "at+jwt", "logout+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt"}
}

func newSigner(row storage.SigningKey, priv crypto.Signer) (*signer, error) {
	row.Private = seal.Text{}
	s := &signer{row: row, priv: priv, pub: priv.Public(), headers: make(map[string]string)}
	if encrypts(row.Algorithm) {
		return s, nil
	}
	if pub, ok := s.pub.(*ecdsa.PublicKey); ok {
		s.table = sync.OnceValue(func() *es256Table { return newES256Table(pub) })
	}
	for _, typ := range knownTypes() {
		h, err := s.encodeHeader(typ)
		if err != nil {
			return nil, err
		}
		s.headers[typ] = h
	}
	return s, nil
}

// verify checks the JWS signature of input.
func (s *signer) verify(input, sig []byte) bool {
	if s.table != nil {
		digest := sha256.Sum256(input)
		return s.table().verify(digest[:], sig)
	}
	return verify(s.row.Algorithm, s.pub, input, sig)
}

func (s *signer) encodeHeader(typ string) (string, error) {
	b, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ,omitempty"`
	}{s.row.Algorithm, s.row.KeyID, typ})
	if err != nil {
		return "", fmt.Errorf("keys: header: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b) + ".", nil
}

// token is the compact JWS (RFC 7515 section 7.1) over claims.
func (s *signer) token(typ string, claims []byte, pool *sync.Pool) (string, error) {
	header, ok := s.headers[typ]
	if !ok {
		var err error
		if header, err = s.encodeHeader(typ); err != nil {
			return "", err
		}
	}
	buf, ok := pool.Get().(*buffer)
	if !ok {
		buf = new(buffer)
	}
	defer pool.Put(buf)
	b := append(buf.token[:0], header...)
	b = base64.RawURLEncoding.AppendEncode(b, claims)
	sig, err := sign(s.row.Algorithm, s.priv, buf.signature[:0], b)
	if err != nil {
		return "", errs.Wrap(errs.Internal, "", fmt.Errorf("keys: sign: %w", err))
	}
	b = append(b, '.')
	b = base64.RawURLEncoding.AppendEncode(b, sig)
	buf.token = b
	return string(b), nil
}

// buffer is what one signature needs; it is reused.
type buffer struct {
	token     []byte
	signature [maxSignature]byte
}

// signs reports whether the key signs at a time.
func (s *signer) signs(at time.Time) bool {
	return s.row.RevokedAt == nil && !at.Before(s.row.ActivatesAt) && (s.row.RetiresAt == nil || at.Before(*s.row.RetiresAt))
}

// waits reports whether the key is published and its time has not come.
func (s *signer) waits(at time.Time) bool {
	return s.row.RevokedAt == nil && at.Before(s.row.ActivatesAt)
}

// published reports whether the key is in the JWKS and verifies at a time: from the start, so that nobody meets it unprepared, until the last token
// that it signed has expired.
func (s *signer) published(at time.Time) bool {
	return s.row.RevokedAt == nil && (s.row.ExpiresAt == nil || at.Before(*s.row.ExpiresAt))
}

// listed reports whether the key is in the JWKS. An encryption key that has a successor still opens what was sent to it, but nobody should send more.
func (s *signer) listed(at time.Time) bool {
	return s.published(at) && (!encrypts(s.row.Algorithm) || s.row.RetiresAt == nil || at.Before(*s.row.RetiresAt))
}

// jwk is the public half as published.
func (s *signer) jwk() jose.JSONWebKey {
	use := "sig"
	if encrypts(s.row.Algorithm) {
		use = "enc"
	}
	return jose.JSONWebKey{Key: s.pub, KeyID: s.row.KeyID, Algorithm: s.row.Algorithm, Use: use}
}
