package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// encryptions and contents are the algorithms that JWEs are made with.
func encryptions() []string { return []string{"RSA-OAEP-256", "ECDH-ES+A256KW"} }
func contents() []string    { return []string{"A128GCM", "A256GCM", "A128CBC-HS256"} }

// signing is a client that signs its requests.
func (w *world) signing(alg string, m storage.ClientMetadata) (*testkit.RP, *key) {
	w.t.Helper()
	k := newKey(w.t, alg)
	m.JWKS, m.RequestObjectSigningAlg = k.jwks(), alg
	return w.Client(m), k
}

// strict is a client under FAPI's rules for request objects.
func (w *world) strict(alg string) (*testkit.RP, *key) {
	w.t.Helper()
	return w.signing(alg, storage.ClientMetadata{ClientRequests: storage.ClientRequests{RequireSignedRequestObject: true, StrictRequestObject: true}})
}

// ask returns the claims of a good request object, changed by name and value pairs; nil takes one away.
func (w *world) ask(rp *testkit.RP, changes ...any) object {
	now := w.Clock.Now()
	c := object{
		"iss": rp.ID, "aud": w.URL, "client_id": rp.ID, "response_type": "code", "redirect_uri": rp.Redirect, "scope": "openid email", "state": "inside",
		"nonce": "nonce-inside", "code_challenge": testkit.Challenge(testkit.Verifier), "code_challenge_method": "S256",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if name := changes[i].(string); changes[i+1] == nil {
			delete(c, name)
		} else {
			c[name] = changes[i+1]
		}
	}
	return c
}

// bare is a request with nothing beside the client and one more parameter.
func (w *world) bare(rp *testkit.RP, name, value string) string {
	return w.URL + "/oauth2/authorize?" + url.Values{"client_id": {rp.ID}, name: {value}}.Encode()
}

// beside is a request object with the copies that OpenID Connect Core section 6.1 wants beside it, as the suite sends it.
func (w *world) beside(rp *testkit.RP, jwt string, more ...string) string {
	q := url.Values{"client_id": {rp.ID}, "request": {jwt}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {rp.Redirect}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return w.URL + "/oauth2/authorize?" + q.Encode()
}

// objected wants a request object refused by a row, and the refusal at the client with the state from inside or outside.
func (w *world) objected(row, to string, rp *testkit.RP, code, state string) {
	w.t.Helper()
	w.row(row, func() {
		if q := w.refusedTo(w.Get(to), rp, "query", code); q.Get("state") != state {
			w.t.Errorf("state %q, want %q", q.Get("state"), state)
		}
	})
}

// encrypted makes a JWE to the key of a set that fits.
func (w *world) encrypted(set *jose.JSONWebKeySet, alg, enc, text string, header ...any) string {
	w.t.Helper()
	i := slices.IndexFunc(set.Keys, func(k jose.JSONWebKey) bool { return k.Use == "enc" && k.Algorithm == alg })
	if i < 0 {
		w.t.Fatalf("no published key for %s", alg)
	}
	o := (&jose.EncrypterOptions{}).WithContentType("JWT")
	for n := 0; n+1 < len(header); n += 2 {
		o = o.WithHeader(header[n].(jose.HeaderKey), header[n+1])
	}
	e, err := jose.NewEncrypter(jose.ContentEncryption(enc), jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: set.Keys[i].Key, KeyID: set.Keys[i].KeyID}, o)
	w.must(err)
	jwe, err := e.Encrypt([]byte(text))
	w.must(err)
	out, err := jwe.CompactSerialize()
	w.must(err)
	return out
}

// receiver is a client's key pair for what is encrypted to it.
type receiver struct {
	w       *world
	alg     string
	private any
	public  jose.JSONWebKey
}

func (w *world) receiver(alg string) *receiver {
	w.t.Helper()
	r := &receiver{w: w, alg: alg, public: jose.JSONWebKey{KeyID: "enc-1", Use: "enc"}}
	if alg == "RSA-OAEP-256" {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		w.must(err)
		r.private, r.public.Key = k, k.Public()
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		w.must(err)
		r.private, r.public.Key = k, k.Public()
	}
	return r
}

// jwks is the client's set: this key, and those it signs with.
func (r *receiver) jwks(signing ...*key) json.RawMessage {
	r.w.t.Helper()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{r.public}}
	for _, k := range signing {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.kid, Use: "sig"})
	}
	b, err := json.Marshal(set)
	r.w.must(err)
	return b
}

// opens decrypts what was encrypted to the client, and wants it to be so by enc.
func (r *receiver) opens(text, enc string) string {
	r.w.t.Helper()
	jwe, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.KeyAlgorithm(r.alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		r.w.t.Fatalf("no JWE with %s and %s: %v: %.80s", r.alg, enc, err, text)
	}
	if jwe.Header.KeyID != r.public.KeyID {
		r.w.t.Errorf("kid %q", jwe.Header.KeyID)
	}
	plain, err := jwe.Decrypt(r.private)
	r.w.must(err)
	return string(plain)
}

// unwrapped reads a signed authorization response (JARM): nothing beside it, from us, for the client, short-lived.
func (w *world) unwrapped(q url.Values, rp *testkit.RP) url.Values {
	w.t.Helper()
	if len(q) != 1 || q.Get("response") == "" {
		w.t.Fatalf("beside the response: %v", q)
	}
	return w.claimsOf(q.Get("response"), rp)
}

func (w *world) claimsOf(response string, rp *testkit.RP) url.Values {
	w.t.Helper()
	claims := w.verified(response, jose.RS256, jose.PS256, jose.ES256, jose.EdDSA)
	exp, _ := claims["exp"].(float64)
	if now := float64(w.Clock.Now().Unix()); claims["iss"] != w.URL || claims["aud"] != rp.ID || exp < now+10 || exp > now+600 {
		w.t.Errorf("claims %v at %v", claims, now)
	}
	out := url.Values{}
	for name, v := range claims {
		if s, ok := v.(string); ok && name != "aud" {
			out.Set(name, s)
		}
	}
	return out
}

// push sends a request as the client.
func (w *world) push(rp *testkit.RP, f url.Values) *testkit.Answer {
	w.t.Helper()
	return w.Call("/oauth2/par", rp, f)
}

// pushed pushes a good request, changed by pairs, and returns its request_uri.
func (w *world) pushed(rp *testkit.RP, changes ...string) string {
	w.t.Helper()
	return w.taken(w.push(rp, w.params(rp, changes...)))
}

// params are those of AuthURL.
func (w *world) params(rp *testkit.RP, changes ...string) url.Values {
	w.t.Helper()
	u, err := url.Parse(w.AuthURL(rp, changes...))
	w.must(err)
	return u.Query()
}

// taken wants a request_uri as RFC 9126 section 2.2 has it.
func (w *world) taken(a *testkit.Answer) string {
	w.t.Helper()
	uri := a.Text("request_uri")
	life, _ := a.JSON["expires_in"].(float64)
	if a.Status != 201 || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || life < 5 || life > 600 || len(a.JSON) != 2 ||
		a.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("status %d: %s %v", a.Status, a.Body, a.Header)
	}
	return uri
}
