package modules

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"hash"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// key signs whatever it is told to, with whatever header: what an honest library would refuse to make.
type key struct {
	t       *testing.T
	kid     string
	private crypto.Signer
}

func newKey(t *testing.T, alg string) *key {
	t.Helper()
	var k crypto.Signer
	var err error
	switch alg {
	case "RS256", "PS256":
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA":
		_, k, err = ed25519.GenerateKey(rand.Reader)
	default:
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &key{t: t, kid: "key-1", private: k}
}

// jwks is the public set, for a registration.
func (k *key) jwks() json.RawMessage {
	k.t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public(), KeyID: k.kid, Use: "sig"}}})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

type object = map[string]any

// sign makes a compact JWS. The header is completed with alg and kid unless it has them.
func (k *key) sign(alg string, header, claims object) string {
	k.t.Helper()
	h := object{"alg": alg, "kid": k.kid, "typ": "JWT"}
	for name, v := range header {
		h[name] = v
	}
	input := segment(k.t, h) + "." + segment(k.t, claims)
	sum := sha256.Sum256([]byte(input))
	var sig []byte
	var err error
	switch p := k.private.(type) {
	case *ecdsa.PrivateKey:
		r, s, signErr := ecdsa.Sign(rand.Reader, p, sum[:])
		if sig, err = make([]byte, 64), signErr; err == nil {
			r.FillBytes(sig[:32])
			s.FillBytes(sig[32:])
		}
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			sig, err = rsa.SignPSS(rand.Reader, p, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			sig, err = rsa.SignPKCS1v15(rand.Reader, p, crypto.SHA256, sum[:])
		}
	case ed25519.PrivateKey:
		sig = ed25519.Sign(p, []byte(input))
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// unsigned makes a JWS with an empty signature.
func unsigned(t *testing.T, header, claims object) string {
	t.Helper()
	return segment(t, header) + "." + segment(t, claims) + "."
}

// symmetric makes a JWS with an HMAC under any secret.
func symmetric(t *testing.T, alg string, secret []byte, header, claims object) string {
	t.Helper()
	h := object{"alg": alg, "typ": "JWT"}
	for name, v := range header {
		h[name] = v
	}
	input := segment(t, h) + "." + segment(t, claims)
	mac := hmac.New(map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}[alg], secret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func segment(t *testing.T, v object) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parts reads a JWS without believing it.
func (w *world) parts(token string) (header, claims object) {
	w.t.Helper()
	p := strings.Split(token, ".")
	if len(p) != 3 {
		w.t.Fatalf("%d parts: %.80s", len(p), token)
	}
	for i, into := range []*object{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(p[i])
		w.must(err)
		w.must(json.Unmarshal(raw, into))
	}
	return header, claims
}

// published is the server's key set as anybody can fetch it.
func (w *world) published() *jose.JSONWebKeySet {
	w.t.Helper()
	var set jose.JSONWebKeySet
	w.must(json.Unmarshal([]byte(w.ok(w.Get("/.well-known/jwks.json")).Body), &set))
	return &set
}

// verified checks a token of ours as a stranger would: by the published keys.
func (w *world) verified(token string, algs ...jose.SignatureAlgorithm) object {
	w.t.Helper()
	jws, err := jose.ParseSignedCompact(token, algs)
	if err != nil {
		w.t.Fatalf("%v: %.100s", err, token)
	}
	found := w.published().Key(jws.Signatures[0].Header.KeyID)
	if len(found) != 1 {
		w.t.Fatalf("%d published keys have the id %q", len(found), jws.Signatures[0].Header.KeyID)
	}
	raw, err := jws.Verify(found[0].Key)
	w.must(err)
	var claims object
	w.must(json.Unmarshal(raw, &claims))
	return claims
}

// idToken verifies an answer's ID token for a client as OpenID Connect Core section 3.1.3.7 asks.
func (w *world) idToken(a *testkit.Answer, rp *testkit.RP) object {
	w.t.Helper()
	return w.idTokenText(a.Text("id_token"), rp)
}

func (w *world) idTokenText(token string, rp *testkit.RP) object {
	w.t.Helper()
	claims := w.verified(token, jose.RS256, jose.PS256, jose.ES256, jose.EdDSA)
	now := float64(w.Clock.Now().Unix())
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	auth, _ := claims["auth_time"].(float64)
	switch {
	case claims["iss"] != w.URL || claims["aud"] != rp.ID || claims["sub"] == "":
		w.t.Errorf("iss, aud or sub: %v", claims)
	case iat < now-60 || iat > now+1 || exp <= now || auth > iat:
		w.t.Errorf("times at %v: %v", now, claims)
	case claims["azp"] != nil && claims["azp"] != rp.ID:
		w.t.Errorf("azp: %v", claims)
	}
	if acr, ok := claims["acr"].(string); !ok || acr == "" {
		w.t.Errorf("acr: %v", claims)
	}
	return claims
}

// leftHalf is at_hash and c_hash (OpenID Connect Core section 3.1.3.6).
func leftHalf(alg, value string) string {
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(value))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// members returns an array of strings in a JSON object.
func members(o object, name string) []string {
	list, _ := o[name].([]any)
	var out []string
	for _, v := range list {
		s, _ := v.(string)
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
