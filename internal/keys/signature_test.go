package keys

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestJW06Signatures(t *testing.T) {
	w := newWorld(t)
	s := w.node(t, SetConfig{Algorithms: all})
	c := newClientKeys(t)
	kidOwn := published(t, s).Keys[2].KeyID
	order := elliptic.P256().Params().N.Bytes()
	for what, sig := range map[string][]byte{
		"r=s=0": make([]byte, 64), "r=s=n": slices.Concat(order, order), "r=s=1": append(append(make([]byte, 31), 1), append(make([]byte, 31), 1)...),
		"short": make([]byte, 63), "long": make([]byte, 65), "DER zero": {0x30, 6, 2, 1, 0, 2, 1, 0}, "ones": bytes.Repeat([]byte{0xff}, 64),
	} {
		_, _, err := s.Verify(craft(`{"alg":"ES256","kid":"`+kidOwn+`"}`, "{}", sig), []string{ES256}, "")
		refused(t, "own "+what, err)
		refused(t, what, justErr(VerifyWith(c.set, craft(`{"alg":"ES256","kid":"es256"}`, "{}", sig), []string{ES256})))
	}
	for what, token := range map[string]string{
		"P-256 key as ES512": craft(`{"alg":"ES512","kid":"es256"}`, "{}", make([]byte, 132)),
		"P-521 key as ES256": craft(`{"alg":"ES256","kid":"es512"}`, "{}", make([]byte, 64)),
		"RSA key as ES256":   craft(`{"alg":"ES256","kid":"rs256"}`, "{}", make([]byte, 64)),
		"EC key as RS256":    craft(`{"alg":"RS256","kid":"es256"}`, "{}", make([]byte, 256)),
		"EdDSA zero":         craft(`{"alg":"EdDSA","kid":"eddsa"}`, "{}", make([]byte, 64)),
		"PS256 key as RS256": c.signAs(t, RS256, PS256, "ps256"),
		"RS256 key as PS256": c.signAs(t, PS256, RS256, "rs256"),
	} {
		refused(t, what, justErr(VerifyWith(c.set, token, everyAlgorithm())))
	}
	if _, _, err := VerifyWith(c.set, c.sign(t, "ES512", map[jose.HeaderKey]any{"kid": "es512"}, "{}"), []string{"ES512"}); err != nil {
		t.Errorf("ES512 with its own curve: %v", err)
	}
}

// signAs signs as alg with the key that is registered for another algorithm.
func (c *clientKeys) signAs(t testing.TB, alg, registered, kid string) string {
	t.Helper()
	input := b64([]byte(`{"alg":"`+alg+`","kid":"`+kid+`"}`)) + "." + b64([]byte("{}"))
	sig, err := sign(alg, c.priv[registered], nil, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(sig)
}

// TestOwnHeaderNamesItsKeysAlgorithm: a signature of our own key under another algorithm's name is none of ours.
func TestOwnHeaderNamesItsKeysAlgorithm(t *testing.T) {
	s := newWorld(t).node(t, quick)
	kid := kids(t, s)[0]
	priv := s.state.Load().byKID[kid].priv
	if _, _, err := s.Verify(signRaw(t, ES256, priv, `{"kid":"`+kid+`","alg":"ES256"}`, "{}"), all, ""); err != nil {
		t.Errorf("another spelling of the header: %v", err)
	}
	for _, alg := range []string{"none", "HS256", EdDSA, "ES512"} {
		_, _, err := s.Verify(signRaw(t, ES256, priv, `{"kid":"`+kid+`","alg":"`+alg+`"}`, "{}"), append(all, alg), "")
		refused(t, alg, err)
	}
}

func TestCandidateKeys(t *testing.T) {
	c := newClientKeys(t)
	of := func(pub crypto.PublicKey, n int) *jose.JSONWebKeySet {
		return &jose.JSONWebKeySet{Keys: slices.Repeat([]jose.JSONWebKey{{Key: pub}}, n)}
	}
	ec := c.priv[ES256].Public()
	if n := len(candidateKeys(of(ec, 20), Header{Algorithm: ES256})); n != maxTried {
		t.Errorf("%d keys are tried", n)
	}
	for _, alg := range []string{"ES384", "ES512", "ES256K", RS256, PS256, EdDSA, "HS256", "none", "RS1", ""} {
		if len(candidateKeys(of(ec, 1), Header{Algorithm: alg})) != 0 {
			t.Errorf("a P-256 key is tried for %q", alg)
		}
	}
	if len(candidateKeys(of([]byte("secret"), 1), Header{Algorithm: "HS256"})) != 0 {
		t.Error("a symmetric key is tried")
	}
}

func TestSized(t *testing.T) {
	odd := func(bits uint) *big.Int { n := new(big.Int).Lsh(big.NewInt(1), bits-1); return n.SetBit(n, 0, 1) }
	even := new(big.Int).Lsh(big.NewInt(1), 2047)
	for what, c := range map[string]struct {
		n  *big.Int
		e  int
		ok bool
	}{
		"2048": {odd(2048), 65537, true}, "4096": {odd(4096), 3, true}, "largest e": {odd(2048), 1<<31 - 1, true},
		"2047": {odd(2047), 65537, false}, "4097": {odd(4097), 65537, false}, "even": {even, 65537, false},
		"e=1": {odd(2048), 1, false}, "e=0": {odd(2048), 0, false}, "e=-3": {odd(2048), -3, false}, "e=4": {odd(2048), 4, false}, "e large": {odd(2048), 1<<31 + 1, false},
	} {
		if sized(&rsa.PublicKey{N: c.n, E: c.e}) != c.ok {
			t.Error(what)
		}
	}
}

// TestPSSSaltLength: another salt length than the hash's is refused when we verify our own, and never made.
func TestPSSSaltLength(t *testing.T) {
	priv, err := Generate(PS256, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := priv.(*rsa.PrivateKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	input := []byte("input")
	digest := sha256.Sum256(input)
	made, err := sign(PS256, priv, nil, input)
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, digest[:], made, &rsa.PSSOptions{SaltLength: 32}); err != nil {
		t.Errorf("the salt is not 32 bytes: %v", err)
	}
	for _, n := range []int{rsa.PSSSaltLengthAuto, 16, 20, 33} {
		sig, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: n})
		if err != nil {
			t.Fatal(err)
		}
		if verify(PS256, key.Public(), input, sig) {
			t.Errorf("salt length %d verifies", n)
		}
	}
}

func TestVerifyWithEmptySets(t *testing.T) {
	c := newClientKeys(t)
	token := c.sign(t, ES256, map[jose.HeaderKey]any{"kid": "es256"}, "{}")
	refused(t, "nil set", justErr(VerifyWith(nil, token, []string{ES256})))
	refused(t, "empty set", justErr(VerifyWith(&jose.JSONWebKeySet{}, token, []string{ES256})))
	enc := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.priv[ES256].Public(), KeyID: "es256", Use: "enc"}}}
	refused(t, "use enc", justErr(VerifyWith(&enc, token, []string{ES256})))
	weak := weakRSA(t)
	small := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: weak.Public(), KeyID: "w"}}}
	input := b64([]byte(`{"alg":"RS256","kid":"w"}`)) + "." + b64([]byte("{}"))
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, weak, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "RSA 1024", justErr(VerifyWith(&small, input+"."+b64(sig), []string{RS256})))
}

// weakRSA is a sound key of 1024 bits.
func weakRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
