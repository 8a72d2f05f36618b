package modules

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// jwtInput is one place where the server takes a JWT from somebody.
type jwtInput struct {
	name   string
	good   func() string // a token that is accepted there
	public any           // the key that verifies it
	try    func(token string) (status int, accepted bool)
}

// jwtInputs are all of them.
func (w *world) jwtInputs() []jwtInput {
	w.t.Helper()
	rp, k := w.asserting("ES256")
	app := w.Client(storage.ClientMetadata{})
	a := w.tokens(app)
	b := w.signedIn(app)
	keyOf := func(token string) any {
		header, _ := w.parts(token)
		return w.published().Key(header["kid"].(string))[0].Key
	}
	hint, access := a.Text("id_token"), a.Text("access_token")
	signer, sk := w.signing("ES256", storage.ClientMetadata{})
	direct := func(r *testkit.Answer) (int, bool) {
		if r.Status == 303 && strings.HasPrefix(r.Header.Get("Location"), signer.Redirect) && r.Location().Query().Get("error") == "invalid_request_object" {
			return 400, false
		}
		return r.Status, r.Status < 400
	}
	return []jwtInput{
		{"client_assertion", func() string { return k.sign("ES256", nil, w.claims(rp)) }, k.private.Public(), func(token string) (int, bool) {
			r := w.credentials(form("client_assertion_type", assertionType, "client_assertion", token, "client_id", rp.ID))
			return r.Status, r.Text("access_token") != ""
		}},
		{"id_token_hint at authorize", func() string { return hint }, keyOf(hint), func(token string) (int, bool) {
			r := w.large(b.HTTP, w.AuthURL(app, "prompt", "none", "id_token_hint", token))
			if r.Status == 303 && r.Location().Query().Get("error") == "invalid_request" {
				return 400, false
			}
			return r.Status, r.Location().Query().Has("code")
		}},
		{"id_token_hint at logout", func() string { return hint }, keyOf(hint), func(token string) (int, bool) {
			r := w.large(w.HTTP, w.logoutURL("id_token_hint", token))
			return r.Status, r.Status == 200
		}},
		{"request object", func() string { return sk.sign("ES256", nil, w.ask(signer)) }, sk.private.Public(), func(token string) (int, bool) {
			return direct(w.large(w.HTTP, w.beside(signer, token)))
		}},
		{"request object, encrypted", func() string { return sk.sign("ES256", nil, w.ask(signer)) }, sk.private.Public(), func(token string) (int, bool) {
			if len(token) < 16<<10 { // to encrypt what is too large costs us more than the server
				token = w.encrypted(w.published(), "ECDH-ES+A256KW", "A128GCM", token)
			}
			return direct(w.large(w.HTTP, w.beside(signer, token)))
		}},
		{"request object, pushed", func() string { return sk.sign("ES256", nil, w.ask(signer)) }, sk.private.Public(), func(token string) (int, bool) {
			r := w.push(signer, form("request", token))
			return r.Status, r.Text("request_uri") != ""
		}},
		{"access token at userinfo", func() string { return access }, keyOf(access), func(token string) (int, bool) {
			r := w.large(w.HTTP, w.URL+"/oauth2/userinfo", "Authorization", "Bearer "+token)
			return r.Status, r.JSON["sub"] != nil
		}},
		{"access token at introspection", func() string { return access }, keyOf(access), func(token string) (int, bool) {
			r := w.Introspect(app, token)
			if r.Body == `{"active":false}` {
				return 400, false
			}
			return r.Status, r.JSON["active"] == true
		}},
	}
}

// large sends a request whose head may be too large: a server that answers 431 closes the connection, and the client may only see that.
func (w *world) large(c *http.Client, to string, header ...string) *testkit.Answer {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, to, nil)
	w.must(err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return &testkit.Answer{Status: http.StatusRequestHeaderFieldsTooLarge}
	}
	w.must(err)
	a := &testkit.Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON) // not every answer is JSON
	return a
}

// forged tries tokens made from a good one at every input; all are refused cleanly, and the good one is accepted.
func (w *world) forged(forge func(in jwtInput, header, claims object) []string) {
	w.t.Helper()
	for _, in := range w.jwtInputs() {
		if _, ok := in.try(in.good()); !ok {
			w.t.Fatalf("%s: a good token is refused", in.name)
		}
		header, claims := w.parts(in.good())
		for i, token := range forge(in, header, claims) {
			if status, accepted := in.try(token); accepted || status < 400 || status >= 500 {
				w.t.Errorf("%s: forgery %d: status %d, accepted %v: %.150s", in.name, i, status, accepted, token)
			}
		}
	}
}

// with is a header with more members.
func with(header object, more object) object {
	out := maps.Clone(header)
	maps.Copy(out, more)
	return out
}

// rehead puts another header before a token's claims and signature.
func rehead(t *testing.T, token string, header object) string {
	t.Helper()
	p := strings.Split(token, ".")
	return segment(t, header) + "." + p[1] + "." + p[2]
}

func TestJW01_AlgNone(t *testing.T) {
	w := open(t)
	w.forged(func(in jwtInput, header, claims object) []string {
		var out []string
		for _, alg := range []any{"none", "NoNe", "nonE", "None", "NONE", "none ", "", nil, []string{"none"}} {
			h := with(header, object{"alg": alg})
			out = append(out, unsigned(t, h, claims), rehead(t, in.good(), h), unsigned(t, h, claims)+"AA", strings.TrimSuffix(unsigned(t, h, claims), "."))
		}
		return append(out, unsigned(t, header, claims))
	})
}

func TestJW02_PublicKeyAsSecret(t *testing.T) {
	w := open(t)
	w.forged(func(in jwtInput, header, claims object) []string {
		der, err := x509.MarshalPKIXPublicKey(in.public)
		w.must(err)
		text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		jwks := w.Get("/.well-known/jwks.json").Body
		secrets := []string{text, strings.TrimSpace(text), " " + text, text + "\n", "\ufeff" + text, string(der), base64.StdEncoding.EncodeToString(der), jwks, ""}
		if raw, err := json.Marshal(in.public); err == nil {
			secrets = append(secrets, string(raw))
		}
		var out []string
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			for _, secret := range secrets {
				out = append(out, symmetric(t, alg, []byte(secret), with(header, object{"alg": alg}), claims))
			}
		}
		return out
	})
}

func TestJW03_KeysInTheHeader(t *testing.T) {
	w := open(t)
	var hits atomic.Int64
	evil := newKey(t, "ES256")
	listener := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		_, _ = rw.Write(evil.jwks())
	}))
	defer listener.Close()
	var set struct{ Keys []json.RawMessage }
	w.must(json.Unmarshal(evil.jwks(), &set))
	var jwk object
	w.must(json.Unmarshal(set.Keys[0], &jwk))
	extras := []object{
		{"jwk": jwk}, {"jku": listener.URL + "/jwks.json"}, {"x5u": listener.URL + "/cert.pem"}, {"x5c": []string{"MIIB"}}, {"jwk": jwk, "kid": "key-1"},
		{"jku": listener.URL, "kid": "key-1"}, {"kid": listener.URL + "/jwks.json"}, {"jwk": nil}, {"jku": w.URL + "/.well-known/jwks.json"},
	}
	w.forged(func(in jwtInput, header, claims object) []string {
		var out []string
		for _, extra := range extras {
			h := with(header, extra)
			out = append(out, evil.sign("ES256", with(h, object{"alg": "ES256"}), claims), rehead(t, in.good(), h))
		}
		return out
	})
	rp, k := w.asserting("ES256") // also beside a good signature
	for _, extra := range extras[:4] {
		w.notAsserted(k.sign("ES256", extra, w.claims(rp)))
	}
	w.ok(w.assert(k.sign("ES256", nil, w.claims(rp))))
	if hits.Load() != 0 {
		t.Errorf("%d requests to an address in a header", hits.Load())
	}
}

func TestJW04_Crit(t *testing.T) {
	w := open(t)
	extras := []object{
		{"crit": []string{"x"}, "x": 1}, {"crit": []string{"x"}}, {"crit": []string{"b64"}, "b64": false}, {"crit": []string{"b64"}, "b64": true}, {"b64": false},
		{"crit": []string{}}, {"crit": nil}, {"crit": "exp"}, {"crit": []string{"alg"}}, {"crit": []any{1}}, {"zip": "DEF"}, {"enc": "A128GCM"},
	}
	w.forged(func(in jwtInput, header, _ object) []string {
		var out []string
		for _, extra := range extras {
			out = append(out, rehead(t, in.good(), with(header, extra)))
		}
		return out
	})
	rp, k := w.asserting("ES256")
	for _, extra := range extras {
		w.notAsserted(k.sign("ES256", extra, w.claims(rp)))
	}
	w.ok(w.assert(k.sign("ES256", object{"unknown": "x"}, w.claims(rp))))
}

func TestJW05_KeyID(t *testing.T) {
	w := open(t)
	kids := []any{"../../etc/passwd", "' OR 1=1--", "a\x00b", "\x1b[31m", strings.Repeat("k", 257), strings.Repeat("k", 1<<20), "", " ", 1, nil, []string{"x"}, object{"x": 1}, "key-1\n", "http://127.0.0.1/"}
	mark := w.Log.Mark()
	w.forged(func(in jwtInput, header, claims object) []string {
		var out []string
		for _, kid := range kids {
			out = append(out, rehead(t, in.good(), with(header, object{"kid": kid})))
		}
		return out
	})
	rp, k := w.asserting("ES256")
	for _, kid := range kids {
		if text, _ := kid.(string); len(text) > 1<<16 {
			continue // too large for any form
		} else if text == "" && kid == "" {
			continue // no kid at all: the only key fits
		}
		w.unknown(w.credentials(form("client_assertion_type", assertionType, "client_assertion", k.sign("ES256", object{"kid": kid}, w.claims(rp)), "client_id", rp.ID)))
	}
	if logged := w.Log.Since(mark); strings.Contains(logged, `"level":"ERROR"`) || strings.Contains(logged, "etc/passwd") || strings.Contains(logged, "OR 1=1") {
		t.Error("the log has an error, or what was sent")
	}
}

func TestJW06_BadKeysAndSignatures(t *testing.T) {
	w := open(t)
	rp, k := w.asserting("ES256")
	good := k.sign("ES256", nil, w.claims(rp))
	p := strings.Split(good, ".")
	zero, ones := make([]byte, 64), make([]byte, 64)
	for i := range ones {
		ones[i] = 0xff
	}
	for _, sig := range [][]byte{zero, ones, zero[:63], append(zero, 0), {}, []byte("x")} {
		w.notAsserted(p[0] + "." + p[1] + "." + base64.RawURLEncoding.EncodeToString(sig))
	}
	for _, alg := range []string{"ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "HS256"} {
		w.notAsserted(k.sign(alg, nil, w.claims(rp)))
	}
	w.ok(w.assert(good))

	weak := weakKeys(t)
	weak["off-curve"] = `{"keys":[` + offCurve() + `]}`
	weak["symmetric"] = `{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}`
	weak["none"], weak["no list"], weak["not JSON"] = `{"keys":[]}`, `{}`, `nonsense`
	for name, set := range weak {
		m := storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", JWKS: json.RawMessage(set), GrantTypes: []string{"client_credentials"}}
		if w.registers(m) {
			t.Errorf("%s: registered", name)
		}
	}
	if !w.registers(storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", JWKS: k.jwks(), GrantTypes: []string{"client_credentials"}}) {
		t.Error("a good key was refused")
	}
}
