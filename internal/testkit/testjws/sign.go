package testjws

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Secret is what HS256 signs with.
const Secret = "0123456789abcdef0123456789abcdef"

func key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(Secret)) }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// JWK is the public key of EdDSA as JSON.
func JWK() string {
	public, _ := key().Public().(ed25519.PublicKey)
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q}`, b64(public))
}

// JWKS is a set of the one key.
func JWKS() string { return `{"keys":[` + JWK() + `]}` }

// EdDSA is a compact JWS over any payload. An empty typ is left out.
func EdDSA(typ, payload string) string {
	header := `{"alg":"EdDSA"}`
	if typ != "" {
		header = fmt.Sprintf(`{"alg":"EdDSA","typ":%q}`, typ)
	}
	return Under(header, payload)
}

// Under is EdDSA with a header of the caller's, whatever that says.
func Under(header, payload string) string {
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	return text + "." + b64(ed25519.Sign(key(), []byte(text)))
}

// HS256 is a compact JWS by Secret.
func HS256(payload string) string {
	text := b64([]byte(`{"alg":"HS256"}`)) + "." + b64([]byte(payload))
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}
