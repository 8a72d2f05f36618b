package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// everyAlgorithm is the longest list that a caller could accept, careless ones too.
func everyAlgorithm() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512", "none", ""}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// craft makes a token with any header and signature.
func craft(header, payload string, sig []byte) string {
	return b64([]byte(header)) + "." + b64([]byte(payload)) + "." + b64(sig)
}

// clientKeys are the private keys of a client, by algorithm, and its registered set.
type clientKeys struct {
	priv map[string]crypto.Signer
	raw  []byte
	set  *jose.JSONWebKeySet
}

// newClientKeys registers one key for each of the algorithms; kid is the algorithm in small letters.
func newClientKeys(t testing.TB) *clientKeys {
	t.Helper()
	c := &clientKeys{priv: map[string]crypto.Signer{}}
	var set jose.JSONWebKeySet
	for _, alg := range []string{RS256, PS256, ES256, EdDSA} {
		priv, err := generate(alg, 2048)
		if err != nil {
			t.Fatal(err)
		}
		c.priv[alg] = priv
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: priv.Public(), KeyID: strings.ToLower(alg), Algorithm: alg, Use: "sig"})
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.priv["ES512"] = p521
	set.Keys = append(set.Keys, jose.JSONWebKey{Key: p521.Public(), KeyID: "es512"})
	if c.raw, err = json.Marshal(set); err != nil {
		t.Fatal(err)
	}
	if c.set, err = ParseJWKS(c.raw); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *clientKeys) sign(t testing.TB, alg string, extra map[jose.HeaderKey]any, claims string) string {
	t.Helper()
	opts := &jose.SignerOptions{ExtraHeaders: extra}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: c.priv[alg]}, opts)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// symmetric signs with the bytes of a public key as an HMAC key (JW02).
func symmetric(alg, kid string, key []byte) string {
	h := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}[alg]
	input := b64([]byte(`{"alg":"`+alg+`","kid":"`+kid+`"}`)) + "." + b64([]byte("{}"))
	mac := hmac.New(h, key)
	_, _ = mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

// publicForms are the spellings in which an attacker knows a public key.
func publicForms(t testing.TB, pub crypto.PublicKey) [][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk, err := json.Marshal(jose.JSONWebKey{Key: pub})
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{der, armoured, bytes.TrimSpace(armoured), append([]byte("\n"), armoured...), jwk, append(jwk, '\n')}
}

// verifiers are the two ways a token comes in: one of our own, and one of a client. Each has a good token to start from.
type verifier struct {
	good   string
	kid    string
	pub    crypto.PublicKey
	verify func(token string, algs ...string) error
}

func verifiers(t testing.TB) map[string]verifier {
	t.Helper()
	s := newWorld(t).node(t, SetConfig{Algorithms: all})
	own, err := s.Sign(RS256, "JWT", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	c := newClientKeys(t)
	return map[string]verifier{
		"own": {own, kidOf(t, own), published(t, s).Keys[0].Key, func(token string, algs ...string) error {
			_, _, err := s.Verify(token, algs, "")
			return err
		}},
		"client": {c.sign(t, RS256, map[jose.HeaderKey]any{"kid": "rs256"}, "{}"), "rs256", c.priv[RS256].Public(), func(token string, algs ...string) error {
			_, _, err := VerifyWith(c.set, token, algs)
			return err
		}},
	}
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestJW01AlgNone(t *testing.T) {
	for name, v := range verifiers(t) {
		if err := v.verify(v.good, RS256); err != nil {
			t.Fatalf("%s: the good token: %v", name, err)
		}
		_, rest, _ := strings.Cut(v.good, ".")
		payload, sig, _ := strings.Cut(rest, ".")
		for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", "", "null"} {
			head := b64([]byte(`{"alg":"` + alg + `","kid":"` + v.kid + `"}`))
			for _, s := range []string{"", sig, "AA"} {
				refused(t, name+" "+alg, v.verify(head+"."+payload+"."+s, RS256, "none", "None", alg, ""))
			}
		}
		for _, head := range []string{`{}`, `{"alg":null}`, `{"alg":["RS256"]}`, `{"Alg":"RS256"}`, `{"alg":"RS256","alg":"none"}`, `{"alg":"rs256"}`} {
			refused(t, name+" "+head, v.verify(b64([]byte(head))+"."+payload+"."+sig, RS256, "rs256", ""))
		}
		refused(t, name+" no algorithm accepted", v.verify(v.good))
		refused(t, name+" another accepted", v.verify(v.good, ES256, PS256))
	}
}

func TestJW02SymmetricWithPublicKey(t *testing.T) {
	for name, v := range verifiers(t) {
		for i, key := range publicForms(t, v.pub) {
			for _, alg := range []string{"HS256", "HS384", "HS512"} {
				err := v.verify(symmetric(alg, v.kid, key), RS256, "HS256", "HS384", "HS512")
				if !errs.Is(err, errs.Invalid) {
					t.Errorf("%s: %s with form %d: %v", name, alg, i, err)
				}
			}
		}
	}
}

// TestJW03KeysFromTheHeader signs with the attacker's own key and brings it along.
func TestJW03KeysFromTheHeader(t *testing.T) {
	attacker, err := generate(RS256, 2048)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(jose.JSONWebKey{Key: attacker.Public(), KeyID: "evil"})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range verifiers(t) {
		for _, kid := range []string{v.kid, "evil"} {
			for member, value := range map[string]string{
				"jwk": string(jwk), "jku": `"http://127.0.0.1:1/jwks"`, "x5u": `"http://127.0.0.1:1/cert"`, "x5c": `["MIIB"]`,
			} {
				input := b64([]byte(`{"alg":"RS256","kid":"`+kid+`","`+member+`":`+value+`}`)) + "." + b64([]byte("{}"))
				sig, err := sign(RS256, attacker, nil, []byte(input))
				if err != nil {
					t.Fatal(err)
				}
				refused(t, name+" "+member, v.verify(input+"."+b64(sig), RS256))
			}
		}
	}
	c := newClientKeys(t)
	// Even under a signature of the registered key nothing in the header is looked at that could bring another.
	own, err := json.Marshal(jose.JSONWebKey{Key: c.priv[ES256].Public()})
	if err != nil {
		t.Fatal(err)
	}
	for member, value := range map[string]string{
		"jwk": string(own), "jku": `"https://client.example/jwks"`, "x5u": `"https://client.example/cert"`, "x5c": `["` + certificate(t, c.priv[ES256]) + `"]`,
	} {
		refused(t, "signed with "+member, justErr(VerifyWith(c.set, c.signHeader(t, ES256, `{"alg":"ES256","kid":"es256","`+member+`":`+value+`}`), []string{ES256})))
	}
}

// certificate is a sound self-signed one, as x5c has it.
func certificate(t testing.TB, priv crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, priv.Public(), priv)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// signHeader signs any header with the key that is registered for alg.
func (c *clientKeys) signHeader(t testing.TB, alg, header string) string {
	t.Helper()
	return signRaw(t, alg, c.priv[alg], header, "{}")
}

func signRaw(t testing.TB, alg string, priv crypto.Signer, header, payload string) string {
	t.Helper()
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	sig, err := sign(alg, priv, nil, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(sig)
}

func justErr(_ Header, _ []byte, err error) error { return err }

func TestJW04Crit(t *testing.T) {
	c := newClientKeys(t)
	for _, extra := range []map[jose.HeaderKey]any{
		{"crit": []string{"x"}, "x": 1}, {"crit": []string{}}, {"crit": []string{"exp"}, "exp": 1}, {"crit": nil},
		{"b64": true}, {"zip": "DEF"}, {"enc": "A256GCM"},
	} {
		extra["kid"] = "es256"
		refused(t, "header", justErr(VerifyWith(c.set, c.sign(t, ES256, extra, "{}"), []string{ES256})))
	}
	input := b64([]byte(`{"alg":"ES256","kid":"es256","crit":["b64"],"b64":false}`)) + ".{}"
	sig, err := sign(ES256, c.priv[ES256], nil, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "unencoded payload", justErr(VerifyWith(c.set, input+"."+b64(sig), []string{ES256})))
	ok := c.sign(t, ES256, map[jose.HeaderKey]any{"kid": "es256", "x5t": "abc", "other": 1}, "{}")
	if _, _, err := VerifyWith(c.set, ok, []string{ES256}); err != nil {
		t.Errorf("an unknown member is not ignored: %v", err)
	}
}

func TestJW05KeyID(t *testing.T) {
	for name, v := range verifiers(t) {
		for what, kid := range map[string]string{
			"path": `"../../etc/passwd"`, "sql": `"' OR 1=1--"`, "NUL": `"a\u0000b"`, "long": `"` + strings.Repeat("k", 257) + `"`,
			"1 MB": `"` + strings.Repeat("k", 1<<20) + `"`, "number": "1", "null": "null", "object": "{}", "empty": `""`, "accent": `"é"`,
		} {
			_, rest, _ := strings.Cut(v.good, ".")
			refused(t, name+" "+what, v.verify(b64([]byte(`{"alg":"RS256","kid":`+kid+`}`))+"."+rest, RS256))
		}
	}
	c := newClientKeys(t)
	noKID := c.sign(t, EdDSA, nil, `{"sub":"x"}`)
	if h, claims, err := VerifyWith(c.set, noKID, []string{EdDSA}); err != nil || h.KeyID != "" || string(claims) != `{"sub":"x"}` {
		t.Errorf("without kid: %v", err)
	}
	for _, header := range []string{`{"alg":"EdDSA","kid":""}`, `{"alg":"EdDSA","kid":null}`, `{"alg":"EdDSA","typ":""}`, `{"alg":"EdDSA","typ":1}`} {
		refused(t, header, justErr(VerifyWith(c.set, c.signHeader(t, EdDSA, header), []string{EdDSA})))
	}
	for what, kid := range map[string]string{"long": strings.Repeat("k", maxKID+1), "NUL": "a\x00b"} { // a set that ParseJWKS has not seen
		set := &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.priv[EdDSA].Public(), KeyID: kid}}}
		encoded, err := json.Marshal(kid)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, what, justErr(VerifyWith(set, c.signHeader(t, EdDSA, `{"alg":"EdDSA","kid":`+string(encoded)+`}`), []string{EdDSA})))
	}
	refused(t, "another key's id", justErr(VerifyWith(c.set, c.sign(t, ES256, map[jose.HeaderKey]any{"kid": "rs256"}, "{}"), []string{ES256})))
}

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
	priv, err := generate(PS256, 2048)
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

func TestDamagedTokens(t *testing.T) {
	for name, v := range verifiers(t) {
		parts := strings.Split(v.good, ".")
		last := parts[2][len(parts[2])-1]
		loose := string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[strings.IndexByte(
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", last)^1])
		for what, token := range map[string]string{
			"empty": "", "dots": "..", "two parts": parts[0] + "." + parts[1], "five parts": v.good + ".a.b", "no header": "." + parts[1] + "." + parts[2],
			"no signature": parts[0] + "." + parts[1] + ".", "padded": v.good + "=", "space": " " + v.good, "line break": v.good + "\n",
			"break inside": parts[0] + "." + parts[1] + "\n." + parts[2], "loose bits": v.good[:len(v.good)-1] + loose,
			"other payload": parts[0] + "." + b64([]byte(`{"a":1}`)) + "." + parts[2], "std alphabet": parts[0] + ".+/+/." + parts[2],
			"header case": strings.ToUpper(parts[0]) + "." + parts[1] + "." + parts[2],
		} {
			refused(t, name+" "+what, v.verify(token, RS256))
		}
	}
}

func TestVerifyOwnType(t *testing.T) {
	s := newWorld(t).node(t, quick)
	for signed, cases := range map[string]map[string]bool{
		"at+jwt": {"at+jwt": true, "AT+JWT": true, "application/at+jwt": true, "JWT": false, "": true},
		"":       {"JWT": false, "": true},
		"my+jwt": {"my+jwt": true, "at+jwt": false},
	} {
		token, err := s.Sign(ES256, signed, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		for want, ok := range cases {
			if _, _, err := s.Verify(token, []string{ES256}, want); (err == nil) != ok {
				t.Errorf("typ %q asked as %q: %v", signed, want, err)
			}
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
