package resource

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

const address = "https://localhost:9999/accounts"

var clock = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is a resource server behind which stands a provider that knows tokens by name.
type world struct {
	*Server
	key *ecdsa.PrivateKey
	jkt string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{key: key, jkt: base64.RawURLEncoding.EncodeToString(sum)}
	cert := sha256.Sum256([]byte("certificate"))
	answers := map[string]string{
		"dpop":    `{"active":true,"scope":"openid accounts","cnf":{"jkt":"` + w.jkt + `"}}`,
		"narrow":  `{"active":true,"scope":"openid","cnf":{"jkt":"` + w.jkt + `"}}`,
		"mtls":    `{"active":true,"scope":"accounts","cnf":{"x5t#S256":"` + base64.RawURLEncoding.EncodeToString(cert[:]) + `"}}`,
		"unbound": `{"active":true,"scope":"accounts"}`,
		"ended":   `{"active":false}`,
	}
	provider := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "rs%2F1" || secret != "s%3As" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer, ok := answers[r.FormValue("token")]
		if !ok {
			rw.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(rw, answer)
	}))
	t.Cleanup(provider.Close)
	w.Server = New(Config{
		URL: address, Introspection: provider.URL, ID: "rs/1", Secret: "s:s", Scope: "accounts", HTTP: provider.Client(), Now: func() time.Time { return clock },
	})
	return w
}

// proof signs a proof for a GET with a token after changes.
func (w *world) proof(t *testing.T, token string, change func(header map[jose.HeaderKey]any, claims map[string]any)) string {
	t.Helper()
	ath := sha256.Sum256([]byte(token))
	claims := map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": address, "iat": clock.Unix(), "ath": base64.RawURLEncoding.EncodeToString(ath[:]),
	}
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt")
	if change != nil {
		change(options.ExtraHeaders, claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: w.key}, options)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func (w *world) get(change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	change(r)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Result()
}

func TestDPoPBoundTokens(t *testing.T) {
	w := newWorld(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(claim string, value any) func(map[jose.HeaderKey]any, map[string]any) {
		return func(_ map[jose.HeaderKey]any, c map[string]any) { c[claim] = value }
	}
	cases := map[string]struct {
		change func(map[jose.HeaderKey]any, map[string]any)
		want   int
	}{
		"good":            {nil, 200},
		"other case":      {with("htu", "HTTPS://LOCALHOST:9999/accounts?x=1#y"), 200},
		"a bit ahead":     {with("iat", clock.Add(10*time.Second).Unix()), 200},
		"another address": {with("htu", "https://localhost:9999/other"), 401},
		"another method":  {with("htm", "POST"), 401},
		"another token":   {with("ath", "x"), 401},
		"no jti":          {with("jti", ""), 401},
		"no iat":          {with("iat", nil), 401},
		"old":             {with("iat", clock.Add(-2*time.Minute).Unix()), 401},
		"from the future": {with("iat", clock.Add(time.Hour).Unix()), 401},
		"another type":    {func(h map[jose.HeaderKey]any, _ map[string]any) { h[jose.HeaderType] = "jwt" }, 401},
		"private key": {func(h map[jose.HeaderKey]any, _ map[string]any) {
			h["jwk"] = jose.JSONWebKey{Key: w.key}
		}, 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			proof := w.proof(t, "dpop", c.change)
			res := w.get(func(r *http.Request) {
				r.Header.Set("Authorization", "dpop dpop")
				r.Header.Set("DPoP", proof)
			})
			if res.StatusCode != c.want {
				t.Errorf("got %d", res.StatusCode)
			}
			if c.want == 401 && !strings.Contains(res.Header.Get("WWW-Authenticate"), `error="invalid_dpop_proof"`) {
				t.Errorf("challenge: %s", res.Header.Get("WWW-Authenticate"))
			}
		})
	}
	again := w.proof(t, "dpop", nil)
	for i, want := range []int{200, 401} {
		if res := w.get(func(r *http.Request) {
			r.Header.Set("Authorization", "DPoP dpop")
			r.Header.Set("DPoP", again)
		}); res.StatusCode != want {
			t.Errorf("use %d of one proof: %d", i+1, res.StatusCode)
		}
	}
	w.key = other
	if res := w.get(func(r *http.Request) {
		r.Header.Set("Authorization", "DPoP dpop")
		r.Header.Set("DPoP", w.proof(t, "dpop", nil))
	}); res.StatusCode != 401 {
		t.Errorf("another key: %d", res.StatusCode)
	}
}

func TestTokensThatDoNotCount(t *testing.T) {
	w := newWorld(t)
	cases := map[string]struct {
		authorization string
		proofs        []string
		want          int
		code          string
	}{
		"none":             {"", nil, 401, "invalid_request"},
		"ended":            {"Bearer ended", nil, 401, "invalid_token"},
		"unbound":          {"Bearer unbound", nil, 401, "invalid_token"},
		"without proof":    {"DPoP dpop", nil, 401, "invalid_dpop_proof"},
		"as a bearer":      {"Bearer dpop", []string{w.proof(t, "dpop", nil)}, 401, "invalid_token"},
		"two proofs":       {"DPoP dpop", []string{w.proof(t, "dpop", nil), w.proof(t, "dpop", nil)}, 401, "invalid_dpop_proof"},
		"no JWT":           {"DPoP dpop", []string{"x.y.z"}, 401, "invalid_dpop_proof"},
		"narrow":           {"DPoP narrow", []string{w.proof(t, "narrow", nil)}, 403, "insufficient_scope"},
		"no certificate":   {"Bearer mtls", nil, 401, "invalid_token"},
		"provider is away": {"Bearer unknown", nil, 502, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			res := w.get(func(r *http.Request) {
				r.Header.Set("Authorization", c.authorization)
				r.Header["Dpop"] = c.proofs
			})
			if res.StatusCode != c.want || !strings.Contains(res.Header.Get("WWW-Authenticate"), c.code) {
				t.Errorf("got %d, %s", res.StatusCode, res.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestCertificateBoundTokens(t *testing.T) {
	w := newWorld(t)
	for certificate, want := range map[string]int{"certificate": 200, "another": 401} {
		res := w.get(func(r *http.Request) {
			r.Header.Set("Authorization", "bearer mtls")
			r.Header.Set("x-fapi-interaction-id", "c770aef3-6784-41f7-8e0e-ff5f97bddb3a")
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte(certificate)}}}
		})
		if res.StatusCode != want || res.Header.Get("x-fapi-interaction-id") != "c770aef3-6784-41f7-8e0e-ff5f97bddb3a" {
			t.Errorf("%s: %d, %v", certificate, res.StatusCode, res.Header)
		}
	}
}

func TestListenAsksForACertificate(t *testing.T) {
	l, at, err := Listen(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- fmt.Sprint(r.URL.Path, " ", len(r.TLS.PeerCertificates))
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	own, err := localhost(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool, Certificates: []tls.Certificate{own}, InsecureSkipVerify: true, //nolint:gosec // the server's certificate is made for it
	}}}
	t.Cleanup(client.CloseIdleConnections)
	res, err := client.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "/accounts 1" {
		t.Errorf("got %q", got)
	}
}
