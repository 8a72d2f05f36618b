package keys

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// thumbprint is the key id: base64url of the RFC 7638 SHA-256 thumbprint.
func thumbprint(pub crypto.PublicKey) (string, error) {
	jwk := jose.JSONWebKey{Key: pub}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("keys: thumbprint: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// newSigningKey is the row of a new key pair, with its private half sealed.
func (s *Set) newSigningKey(r rotation, now time.Time) (*storage.SigningKey, error) {
	kid, err := thumbprint(r.priv.Public())
	if err != nil {
		return nil, err
	}
	row := &storage.SigningKey{
		Tenant: s.deps.Tenant, ID: storage.NewID(now), KeyID: kid, Algorithm: r.alg, CreatedAt: now, ActivatesAt: r.activates,
	}
	signer, err := newSigner(*row, r.priv)
	if err != nil {
		return nil, err
	}
	public, err := signer.jwk().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("keys: public key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(r.priv)
	if err != nil {
		return nil, fmt.Errorf("keys: private key: %w", err)
	}
	row.Public, row.Private = string(public), s.deps.Ring.Seal(privateAt(row), der)
	return row, nil
}

// openSigningKey opens the private half and derives the public one from it: what stands in the column Public is for reading and is not trusted.
func (s *Set) openSigningKey(row *storage.SigningKey) (*signer, error) {
	der, err := s.deps.Ring.Open(privateAt(row), row.Private)
	if err != nil {
		return nil, fmt.Errorf("keys: signing key %s: %w", row.KeyID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("keys: signing key %s is damaged", row.KeyID) // the parser's error could say too much
	}
	priv, ok := fits(row.Algorithm, parsed)
	if !ok {
		return nil, fmt.Errorf("keys: signing key %s does not fit %s", row.KeyID, row.Algorithm)
	}
	kid, err := thumbprint(priv.Public())
	if err != nil {
		return nil, err
	}
	if kid != row.KeyID {
		return nil, fmt.Errorf("keys: signing key %s has another thumbprint", row.KeyID)
	}
	return newSigner(*row, priv)
}

func privateAt(row *storage.SigningKey) seal.Location {
	return seal.Location{Table: row.TableName(), Column: "private", Tenant: row.Tenant, Row: row.ID}
}
