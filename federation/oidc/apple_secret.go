package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Life of a client secret that we sign: Apple takes half a year, we an hour, and renew it well before.
const (
	mintLife  = time.Hour
	mintSpare = 10 * time.Minute
)

// mintTime is when a secret counts.
type mintTime struct{ from, until time.Time }

// minter keeps the client secret that was signed last.
type minter struct {
	mu     sync.Mutex
	secret string
	until  time.Time
}

func (m *minter) get(now time.Time, c Config) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secret != "" && now.Before(m.until.Add(-mintSpare)) {
		return m.secret, nil
	}
	until := now.Add(mintLife)
	s, err := c.template.secret(c, mintTime{from: now, until: until})
	if err == nil {
		m.secret, m.until = s, until
	}
	return s, err
}

// mintApple is "Creating a client secret": a JWT of the team, for Apple, about this client.
func mintApple(c Config, t mintTime) (string, error) {
	key, err := appleKey(c)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": c.TeamID, "iat": t.from.Unix(), "exp": t.until.Unix(), "aud": c.Issuer, "sub": c.ClientID})
	if err != nil {
		return "", err
	}
	return signCompact(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: c.KeyID}}, claims, "JWT")
}

// signCompact makes a JWS in compact form.
func signCompact(key jose.SigningKey, claims []byte, typ jose.ContentType) (string, error) {
	s, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", err
	}
	jws, err := s.Sign(claims)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// appleKey reads the key file that Apple hands out (PKCS #8, curve P-256).
func appleKey(c Config) (*ecdsa.PrivateKey, error) {
	bad := errs.New(errs.Invalid, "private_key is the text of the key file (.p8) that Apple gave out.")
	block, _ := pem.Decode([]byte(c.PrivateKey))
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, bad
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, bad
	}
	key, ok := k.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, bad
	}
	return key, nil
}
