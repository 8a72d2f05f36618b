package plans

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// Proof goes with a GET of an API of the upstream's for which the run has the key of the token (RFC 9449 section 4.2); "" when tokens are not bound.
func (p *Pairing) Proof(address, token, nonce string, now time.Time) (string, error) {
	if p.dpop == nil {
		return "", nil
	}
	sum := sha256.Sum256([]byte(token))
	claims := map[string]any{"jti": rand.Text(), "htm": "GET", "htu": address, "iat": now.Unix(), "ath": base64.RawURLEncoding.EncodeToString(sum[:])}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode a proof: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.dpop.private}, &jose.SignerOptions{
		ExtraHeaders: map[jose.HeaderKey]any{jose.HeaderType: "dpop+jwt", "jwk": jose.JSONWebKey{Key: p.dpop.private.Public()}},
	})
	if err != nil {
		return "", fmt.Errorf("sign a proof: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign a proof: %w", err)
	}
	return jws.CompactSerialize()
}

// Certificate is by what tokens of the upstream's are shown to be ours; nil where they are bound to none.
func (p *Pairing) Certificate() (*tls.Certificate, error) {
	if p.cert == nil {
		return nil, nil
	}
	pair, err := tls.X509KeyPair([]byte(p.cert.pem), []byte(p.cert.keyPEM))
	if err != nil {
		return nil, fmt.Errorf("the run's certificate: %w", err)
	}
	return &pair, nil
}

// TokenType is what the upstream's tokens are sent as.
func (p *Pairing) TokenType() string {
	if p.dpop != nil {
		return "DPoP"
	}
	return "Bearer"
}
