package rp

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	email     = "maria@example.org"
	api       = "https://api.acme.example"
	allScopes = "openid profile email address phone offline_access"
)

// world is a server with a person who signs in to applications.
type world struct {
	*testkit.Server
	t       *testing.T
	subject string
}

func open(t *testing.T, options ...testkit.Option) *world {
	t.Helper()
	s := testkit.Start(t, options...)
	return &world{Server: s, t: t, subject: s.Person(email).Subject}
}

// with is the same world, reporting to a subtest.
func (w *world) with(t *testing.T) *world {
	return &world{Server: w.For(t), t: t, subject: w.subject}
}

// callback signs the person in at an authorization URL and returns the URL that the browser was sent to.
func (w *world) callback(authURL string) *url.URL {
	w.t.Helper()
	to, err := url.Parse(w.visit(w.Browser(), authURL).URL)
	if err != nil {
		w.t.Fatal(err)
	}
	return to
}

// method is a way to authenticate, by an application whose ID tokens are signed with alg.
type method struct{ auth, alg string }

func (m method) name() string { return m.auth + " " + m.alg }

// register registers an application; the key, if it has one, is its private JWK.
func (w *world) register(m method, change ...func(*storage.ClientMetadata)) (rp *testkit.RP, key json.RawMessage) {
	w.t.Helper()
	meta := storage.ClientMetadata{
		ClientName: "Acme Files", RedirectURIs: []string{"https://files.acme.example/cb"}, PostLogoutRedirectURIs: []string{"https://files.acme.example/bye"},
		TokenEndpointAuthMethod: m.auth, IDTokenSignedResponseAlg: m.alg, Scope: allScopes, RefreshIDToken: true,
	}
	if m.auth == "private_key_jwt" {
		meta.TokenEndpointAuthSignAlg = m.alg
		meta.JWKS, key = newKey(w.t, m.alg)
	}
	for _, f := range change {
		f(&meta)
	}
	return w.Client(meta), key
}

// newKey makes a key pair for an algorithm: the public JWK set and the private JWK.
func newKey(t *testing.T, alg string) (public, private json.RawMessage) {
	t.Helper()
	var key any
	var err error
	switch alg {
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	jwk := jose.JSONWebKey{Key: key, KeyID: "acme-1", Algorithm: alg, Use: "sig"}
	return encode(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}}), encode(t, jwk)
}

func encode(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
