package plans

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// key is a signing key as JWKs (RFC 7517).
type key struct {
	private map[string]any
	public  map[string]any
}

// newKey makes a signing key for an algorithm of RFC 7518.
func newKey(alg, kid string) (key, error) {
	signer, err := newSigner(alg)
	if err != nil {
		return key{}, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	return asKey(signer, alg, kid)
}

func asKey(signer crypto.Signer, alg, kid string) (key, error) {
	private := jose.JSONWebKey{Key: signer, KeyID: kid, Algorithm: alg, Use: "sig"}
	var (
		k   key
		err error
	)
	if k.private, err = members(private); err != nil {
		return key{}, err
	}
	k.public, err = members(private.Public())
	return k, err
}

func newSigner(alg string) (crypto.Signer, error) {
	switch alg {
	case "RS256", "PS256":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return nil, fmt.Errorf("no keys are made for this algorithm")
	}
}

func members(k jose.JSONWebKey) (map[string]any, error) {
	raw, err := k.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("decode a key: %w", err)
	}
	return out, nil
}

// secrets are the members that the public key does not have.
func (k key) secrets() []string {
	var out []string
	for name, value := range k.private {
		if s, ok := value.(string); ok && k.public[name] == nil {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// certificate is a self-signed client certificate (RFC 8705 section 2.2).
type certificate struct {
	pem    string
	keyPEM string
	jwk    map[string]any // public key with x5c
}

// certificateLife is longer than any run.
const certificateLife = 48 * time.Hour

func newCertificate(name string) (*certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of a certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode the key of a certificate: %w", err)
	}
	out := &certificate{pem: pemText("CERTIFICATE", der), keyPEM: pemText("PRIVATE KEY", pkcs8)}
	sum := sha256.Sum256(der)
	kid := base64.RawURLEncoding.EncodeToString(sum[:])
	if out.jwk, err = members(jose.JSONWebKey{Key: private.Public(), KeyID: kid, Use: "sig"}); err != nil {
		return nil, err
	}
	out.jwk["x5c"] = []any{base64.StdEncoding.EncodeToString(der)}
	return out, nil
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
