package rp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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
	return p.sign(claims)
}

func (p *prover) sign(claims map[string]any) string {
	p.t.Helper()
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

// forger signs as if it were the server: with the algorithm and the name of its key.
func (w *world) forger(typ jose.ContentType) *prover {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	var published jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(w.Get("/.well-known/jwks.json").Body), &published); err != nil {
		w.t.Fatal(err)
	}
	for _, k := range published.Keys {
		if k.Algorithm != "RS256" {
			continue
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: k.KeyID}}, (&jose.SignerOptions{}).WithType(typ))
		if err != nil {
			w.t.Fatal(err)
		}
		return &prover{w.t, signer}
	}
	w.t.Fatal("the server has no RS256 key")
	return nil
}
