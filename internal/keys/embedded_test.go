package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// embedding signs with the key in the header.
func embedding(t testing.TB, alg jose.SignatureAlgorithm, private any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: private}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(`{"jti":"j"}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEmbedded(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := embedding(t, jose.ES256, p256)
	e, err := ParseEmbedded(token)
	if err != nil || e.Algorithm != ES256 || !e.IsType("dpop+jwt") || !e.IsType("application/DPoP+JWT") || e.IsType("jwt") {
		t.Fatalf("%+v %v", e, err)
	}
	key, err := e.Key()
	if err != nil || len(key.Thumbprint) != 43 {
		t.Fatal(key, err)
	}
	if claims, err := e.Verify(key); err != nil || string(claims) != `{"jti":"j"}` {
		t.Errorf("%s %v", claims, err)
	}
	other, err := ParseEmbedded(embedding(t, jose.ES256, mustP256(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Verify(key); err == nil {
		t.Error("another key verified")
	}
	if _, err := parseHeader(strings.Split(token, ".")[0]); err == nil {
		t.Error("a key in the header was let through elsewhere")
	}
}

func mustP256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// JW03 and JW06 for keys that come with the token.
func TestEmbeddedKeysThatAreRefused(t *testing.T) {
	private := mustP256(t)
	public, err := json.Marshal(jose.JSONWebKey{Key: private.Public()})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := json.Marshal(jose.JSONWebKey{Key: private})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"none at all": `{"alg":"ES256"}`, "null": `{"alg":"ES256","jwk":null}`, "text": `{"alg":"ES256","jwk":"x"}`, "list": `{"alg":"ES256","jwk":[` + string(public) + `]}`,
		"private": `{"alg":"ES256","jwk":` + string(secret) + `}`, "symmetric": `{"alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}}`, "HS256": `{"alg":"HS256","jwk":` + string(public) + `}`,
		"alg none": `{"alg":"none","jwk":` + string(public) + `}`, "another curve": `{"alg":"ES384","jwk":` + string(public) + `}`, "RS256": `{"alg":"RS256","jwk":` + string(public) + `}`,
		"off the curve": `{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}`,
		"unknown type":  `{"alg":"ES256","jwk":{"kty":"AKP"}}`, "weak": `{"alg":"PS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`,
	} {
		e, err := ParseEmbedded(craft(header, `{}`, []byte("signature")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if key, err := e.Key(); err == nil {
			t.Errorf("%s: %s", name, key.Thumbprint)
		}
	}
	for name, header := range map[string]string{
		"jku": `{"alg":"ES256","jku":"https://evil.test","jwk":` + string(public) + `}`, "crit": `{"alg":"ES256","crit":["x"],"jwk":` + string(public) + `}`, "twice": `{"alg":"ES256","jwk":{},"jwk":{}}`,
		"long": `{"alg":"ES256","x":"` + strings.Repeat("x", 5000) + `"}`,
	} {
		if _, err := ParseEmbedded(craft(header, `{}`, []byte("signature"))); err == nil {
			t.Errorf("%s was parsed", name)
		}
	}
}

func TestVerifySecret(t *testing.T) {
	secret := []byte(strings.Repeat("s", 64))
	sign := func(alg jose.SignatureAlgorithm, key []byte) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(`{"sub":"c"}`))
		if err != nil {
			t.Fatal(err)
		}
		s, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := []string{"HS256", "HS384", "HS512", "none", "ES256", "RS256"}
	for _, alg := range []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512} {
		token := sign(alg, secret)
		if h, claims, err := VerifySecret(secret, token, all); err != nil || h.Algorithm != string(alg) || string(claims) != `{"sub":"c"}` {
			t.Errorf("%s: %+v %s %v", alg, h, claims, err)
		}
		least := MinSecret(string(alg))
		for name, bad := range map[string]func() error{
			"another secret": func() error { return justErr(VerifySecret([]byte(strings.Repeat("t", 64)), token, all)) },
			"a short secret": func() error {
				return justErr(VerifySecret(secret[:least-1], sign(alg, append(secret[:least-1:least-1], 's')), all))
			},
			"another alg":     func() error { return justErr(VerifySecret(secret, token, []string{"ES256"})) },
			"no algorithm":    func() error { return justErr(VerifySecret(secret, token, nil)) },
			"without a MAC":   func() error { return justErr(VerifySecret(secret, token[:strings.LastIndexByte(token, '.')+1], all)) },
			"a damaged token": func() error { return justErr(VerifySecret(secret, token[:len(token)-4]+"AAAA", all)) },
		} {
			if bad() == nil {
				t.Errorf("%s: %s was accepted", alg, name)
			}
		}
	}
	if justErr(VerifySecret(secret, embedding(t, jose.ES256, mustP256(t)), all)) == nil || justErr(VerifySecret(secret, craft(`{"alg":"none"}`, `{}`, nil), all)) == nil {
		t.Error("a token of another kind was accepted")
	}
}
