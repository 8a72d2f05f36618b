package rp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/storage"
)

// prover proves that it has a key (RFC 9449).
type prover struct {
	t      *testing.T
	signer jose.Signer
}

func newProver(t *testing.T) *prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	return &prover{t, signer}
}

// proof is for one request, with a token if it is not "".
func (p *prover) proof(method, to, token string) string {
	p.t.Helper()
	now := time.Now()
	claims := map[string]any{"htm": method, "htu": to, "iat": now.Unix(), "jti": storage.NewID(now).String()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	signed, err := p.signer.Sign(encode(p.t, claims))
	if err != nil {
		p.t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}
