package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// jwkOf is a public key's members, to be changed by a test.
func jwkOf(t testing.TB, pub crypto.PublicKey) map[string]any {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKey{Key: pub})
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func setOf(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestJW06ParseJWKS(t *testing.T) {
	c := newClientKeys(t)
	rsaKey, ec, ed := jwkOf(t, c.priv[RS256].Public()), jwkOf(t, c.priv[ES256].Public()), jwkOf(t, c.priv[EdDSA].Public())
	with := func(m map[string]any, pairs ...any) map[string]any {
		out := maps.Clone(m)
		for i := 0; i < len(pairs); i += 2 {
			name, _ := pairs[i].(string)
			out[name] = pairs[i+1]
		}
		return out
	}
	flip := func(m map[string]any, name string) map[string]any {
		s, _ := m[name].(string)
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		b[0] ^= 1
		return with(m, name, b64(b))
	}
	good := map[string][]byte{
		"rsa": setOf(t, rsaKey), "ec": setOf(t, ec), "ed": setOf(t, ed), "no kids": setOf(t, rsaKey, ec, ed),
		"verify":       setOf(t, with(ec, "key_ops", []string{"verify"}, "use", "sig")),
		"enc beside":   setOf(t, ec, with(rsaKey, "use", "enc")),
		"X25519":       setOf(t, ec, map[string]any{"kty": "OKP", "crv": "X25519", "x": b64(make([]byte, 32))}),
		"unknown kty":  setOf(t, ec, map[string]any{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}),
		"certificates": setOf(t, with(ec, "x5c", []string{"no certificate"}, "x5u", "http://127.0.0.1:1/")),
	}
	for name, raw := range good {
		if set, err := ParseJWKS(raw); err != nil || len(set.Keys) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if set, err := ParseJWKS(good["enc beside"]); err != nil || len(set.Keys) != 1 {
		t.Errorf("a key for encryption is kept: %v", err)
	}
	even := new(big.Int).Lsh(big.NewInt(1), 2047)
	bad := map[string][]byte{
		"no JSON": []byte("{"), "no keys": []byte("{}"), "empty": []byte(`{"keys":[]}`), "null": []byte(`{"keys":null}`), "string": []byte(`{"keys":["a"]}`),
		"one key": []byte(`{"kty":"EC"}`), "keys twice": []byte(`{"keys":[],"keys":[]}`), "trailing": append(setOf(t, ec), '{', '}'),
		"oct":         setOf(t, ec, map[string]any{"kty": "oct", "k": "AAAA"}),
		"oct hidden":  setOf(t, ec, map[string]any{"kty": "oct"}),
		"k in EC":     setOf(t, with(ec, "k", "AAAA")),
		"no kty":      setOf(t, ec, with(rsaKey, "kty", "")),
		"kty case":    setOf(t, with(ec, "kty", "ec")),
		"weak RSA":    setOf(t, jwkOf(t, weakRSA(t).Public())),
		"e=1":         setOf(t, with(rsaKey, "e", "AQ")),
		"e=2":         setOf(t, with(rsaKey, "e", "Ag")),
		"e even":      setOf(t, with(rsaKey, "e", b64([]byte{1, 0, 0}))),
		"e huge":      setOf(t, with(rsaKey, "e", b64(bytes.Repeat([]byte{0xff}, 9)))),
		"e missing":   setOf(t, map[string]any{"kty": "RSA", "n": rsaKey["n"]}),
		"n even":      setOf(t, with(rsaKey, "n", b64(even.Bytes()))),
		"n large":     setOf(t, with(rsaKey, "n", b64(bytes.Repeat([]byte{0xff}, 1025)))),
		"n number":    setOf(t, with(rsaKey, "n", 5)),
		"off curve x": setOf(t, flip(ec, "x")),
		"off curve y": setOf(t, flip(ec, "y")),
		"point 0":     setOf(t, with(ec, "x", b64(make([]byte, 32)), "y", b64(make([]byte, 32)))),
		"no y":        setOf(t, map[string]any{"kty": "EC", "crv": "P-256", "x": ec["x"]}),
		"crv lies":    setOf(t, with(ec, "crv", "P-384")),
		"crv unknown": setOf(t, with(ec, "crv", "secp256k1")),
		"P-224":       setOf(t, with(ec, "crv", "P-224")),
		"ed short":    setOf(t, with(ed, "x", "AAAA")),
		"ed zero":     setOf(t, with(ed, "x", b64(make([]byte, 32)))),
		"ed one":      setOf(t, with(ed, "x", b64(append([]byte{1}, make([]byte, 31)...)))),
		"ed no point": setOf(t, with(ed, "x", b64(append([]byte{2}, make([]byte, 31)...)))),
		"ed above p":  setOf(t, with(ed, "x", b64(bytes.Repeat([]byte{0xff}, 32)))),
		"kid twice":   setOf(t, with(ec, "kid", "a"), with(rsaKey, "kid", "a")),
		"kid number":  setOf(t, with(ec, "kid", 1)),
		"kid long":    setOf(t, with(ec, "kid", strings.Repeat("k", 257))),
		"kid NUL":     setOf(t, with(ec, "kid", "a\x00")),
		"only enc":    setOf(t, with(ec, "use", "enc")),
		"only sign":   setOf(t, with(ec, "key_ops", []string{"sign"})),
		"no ops":      setOf(t, with(ec, "key_ops", []string{})),
		"ops string":  setOf(t, with(ec, "key_ops", "verify")),
		"contradicts": setOf(t, ec, with(rsaKey, "use", "enc", "key_ops", []string{"verify"})),
		"use number":  setOf(t, with(ec, "use", 1)),
		"alg number":  setOf(t, with(ec, "alg", 1)),
		"too many":    setOf(t, slices.Repeat([]map[string]any{ec}, maxKeys+1)...),
		"too large":   setOf(t, with(ec, "pad", strings.Repeat("x", maxJWKS))),
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		bad["private "+name] = setOf(t, with(rsaKey, name, "AAAA"))
		bad["private beside "+name] = setOf(t, ec, with(rsaKey, name, "", "use", "enc"))
		bad["private in unknown "+name] = setOf(t, ec, map[string]any{"kty": "OKP", "crv": "X25519", "x": "AA", name: "AA"})
	}
	for name, raw := range bad {
		if _, err := ParseJWKS(raw); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnEdwards25519(t *testing.T) {
	for range 50 {
		pub, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !onEdwards25519(pub) {
			t.Fatalf("a real key is off the curve: %x", pub)
		}
		negated := slices.Clone(pub)
		negated[31] ^= 0x80
		if !onEdwards25519(negated) {
			t.Fatalf("-A is off the curve: %x", negated)
		}
	}
	off := 0
	for i := range 200 {
		if !onEdwards25519(append([]byte{byte(i)}, bytes.Repeat([]byte{0x42}, 31)...)) {
			off++
		}
	}
	if off < 60 || off > 140 {
		t.Errorf("%d of 200 arbitrary values are no points; about half should be", off)
	}
}
