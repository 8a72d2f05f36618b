package keys

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
)

// FuzzVerify: of the tokens that are presented to us as our own, only those verify that we signed, as the type that they have.
func FuzzVerify(f *testing.F) {
	s := newWorld(f).node(f, quick)
	signed := map[string]bool{}
	for _, alg := range quick.Algorithms {
		for _, typ := range []string{"at+jwt", "JWT"} {
			token, err := s.Sign(alg, typ, []byte(`{"sub":"a"}`))
			if err != nil {
				f.Fatal(err)
			}
			signed[token] = typ == "at+jwt"
			f.Add(token)
			f.Add(token + "=")
			f.Add(strings.Replace(token, ".", ".e30.", 1))
		}
	}
	f.Add(craft(`{"alg":"none"}`, "{}", nil))
	f.Add(testjws.EdDSA("at+jwt", "{}"))
	f.Add(testjws.Under(`{"alg":"EdDSA","typ":"at+jwt","jwk":`+testjws.JWK()+`}`, "{}"))
	f.Fuzz(func(t *testing.T, token string) {
		_, _, err := s.Verify(token, everyAlgorithm(), "at+jwt")
		switch {
		case err == nil && !signed[token]:
			t.Fatalf("forged: %q", token)
		case err != nil && !errs.Is(err, errs.Invalid):
			t.Fatal(err)
		}
	})
}

// FuzzVerifySecret: a token by a shared secret verifies in the one spelling in which it was made.
func FuzzVerifySecret(f *testing.F) {
	good := testjws.HS256(`{"sub":"a"}`)
	for _, s := range []string{good, good + "=", testjws.EdDSA("", "{}"), craft(`{"alg":"HS256","b64":false,"crit":["b64"]}`, "{}", nil), craft(`{"alg":"HS512"}`, "{}", make([]byte, 64)), ".."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, claims, err := VerifySecret([]byte(testjws.Secret), token, everyAlgorithm())
		switch {
		case err == nil && token != testjws.HS256(string(claims)):
			t.Fatalf("forged: %q", token)
		case err != nil && !errs.Is(err, errs.Invalid):
			t.Fatal(err)
		}
	})
}

// FuzzEmbedded: a token that brings its key is read without trust in either: only a sound public key verifies it.
func FuzzEmbedded(f *testing.F) {
	header := `{"typ":"dpop+jwt","alg":"EdDSA","jwk":` + testjws.JWK() + `}`
	for _, h := range []string{
		header, strings.Replace(header, `"x":`, `"d":"AA","x":`, 1), strings.Replace(header, "EdDSA", "ES256", 1), strings.Replace(header, `"kty":"OKP"`, `"kty":"OKP","use":"enc"`, 1), `{"alg":"EdDSA"}`, `{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}`,
		strings.Replace(header, "Ed25519", "X25519", 1), `{"alg":"EdDSA","jwk":[]}`,
	} {
		f.Add(h, "{}")
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		token := testjws.Under(header, payload)
		e, err := ParseEmbedded(token)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		k, err := e.Key()
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		claims, err := e.Verify(k)
		if err == nil && (string(claims) != payload || !json.Valid([]byte(header)) || k.Thumbprint == "") {
			t.Errorf("%q is read as %q", token, claims)
		}
	})
}
