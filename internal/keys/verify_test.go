package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"math/big"
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
		priv, err := Generate(alg, 2048)
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
	attacker, err := Generate(RS256, 2048)
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
