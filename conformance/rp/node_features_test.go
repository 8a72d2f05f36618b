package rp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// extras are what a script of features.mjs is told beside.
type extras struct {
	Metadata         *storage.ClientMetadata `json:"metadata,omitempty"` // as registered
	LoginHint        string                  `json:"login_hint,omitempty"`
	Authority        string                  `json:"authority,omitempty"` // that the server's certificate is trusted by, PEM
	Certificate      *certificate            `json:"certificate,omitempty"`
	OtherCertificate *certificate            `json:"other_certificate,omitempty"`
	EncryptionKey    json.RawMessage         `json:"encryption_key,omitempty"` // private JWK
	Resource         string                  `json:"resource,omitempty"`
	Target           string                  `json:"target,omitempty"`
	Back             *back                   `json:"back,omitempty"`
	Stranger         string                  `json:"stranger,omitempty"`    // client_id of an agent that is not taken
	OtherToken       string                  `json:"other_token,omitempty"` // for another resource
}

// back is another application that the script also speaks for.
type back struct {
	ID     string `json:"client_id"`
	Secret string `json:"secret"`
}

// certificate is a certificate with its key, PEM.
type certificate struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// found is what came of features.mjs beside.
type found struct {
	Errors   map[string]string `json:"errors"` // what was told to whoever did wrong on purpose
	Bound    string            `json:"bound"`
	Actor    string            `json:"actor"`
	Audience string            `json:"audience"`
	Client   string            `json:"client"`
	Stranger bool              `json:"stranger"`
	Scopes   []string          `json:"scopes"`

	Lifetime   int  `json:"lifetime"` // seconds
	Registered bool `json:"registered"`
}

// features is a server with TLS and with a second address for clients with certificates.
type features struct {
	*world
	authority *testkit.Authority
	command   []string
}

func openFeatures(t *testing.T) *features {
	t.Helper()
	dir := filepath.Dir(node(t)[1])
	a := testkit.NewAuthority(t)
	s := testkit.StartMTLS(t, a)
	return &features{&world{Server: s, t: t, subject: s.Person(email).Subject}, a, []string{"node", filepath.Join(dir, "features.mjs")}}
}

// job is a flow for an application that is registered with the metadata.
func (f *features) job(flow string, m method, change ...func(*storage.ClientMetadata)) task {
	f.t.Helper()
	rp, key := f.register(m, append([]func(*storage.ClientMetadata){func(m *storage.ClientMetadata) { m.Scope = "openid email offline_access" }}, change...)...)
	job := f.task(rp, m, key, flow)
	job.Scope, job.LoginHint, job.Metadata = rp.Metadata.Scope, email, &rp.Metadata
	return job
}

// works runs a flow and wants the person signed in and the wrongs refused like this.
func (f *features) works(job task, errors map[string]string) *done {
	f.t.Helper()
	d := f.told(f.command, job, errors)
	if job.Back == nil && d.Email != email {
		f.t.Errorf("signed in as %q, want %q", d.Email, email)
	}
	return d
}

func TestNodeFeatures(t *testing.T) {
	f := openFeatures(t)
	for name, test := range map[string]func(*features){
		"PAR": (*features).par, "JAR": (*features).jar, "JARM": (*features).jarm, "DPoP public": (*features).dpopPublic, "DPoP confidential": (*features).dpopConfidential,
		"mTLS": (*features).mtls, "mTLS self-signed": (*features).selfSigned, "device": (*features).device, "CIBA": (*features).ciba, "token exchange": (*features).exchange,
		"introspection": (*features).introspection, "signed introspection": (*features).signedIntrospection, "encrypted": (*features).encrypted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&features{f.with(t), f.authority, f.command})
		})
	}
}

var confidential = method{"client_secret_basic", "RS256"}

func (f *features) par() {
	job := f.job("par", method{"private_key_jwt", "PS256"}, func(m *storage.ClientMetadata) { m.RequirePushedRequests = true })
	f.works(job, map[string]string{"used again": "400", "not pushed": "invalid_request", "another redirect_uri": "invalid_request"})
}

func (f *features) jar() {
	job := f.job("jar", method{"private_key_jwt", "ES256"}, func(m *storage.ClientMetadata) { m.RequireSignedRequestObject = true })
	f.works(job, map[string]string{"another key": "400", "another key, pushed": "invalid_request_object", "not signed": "invalid_request"})
}

func (f *features) jarm() {
	job := f.job("jarm", confidential, func(m *storage.ClientMetadata) { m.AuthorizationSignedResponseAlg = "ES256" })
	f.works(job, map[string]string{"nobody is signed in": "login_required", "a response that was changed": "OAUTH_INVALID_RESPONSE", "another's nonce": "OAUTH_JWT_CLAIM_COMPARISON_FAILED"})
}

func (f *features) dpopPublic() {
	job := f.job("dpop", method{"none", "ES256"}, func(m *storage.ClientMetadata) { m.DPoPBound, m.DPoPNonce = true, true })
	f.works(job, map[string]string{
		"userinfo with another key": "invalid_token", "userinfo as a bearer": "invalid_token", "refresh with another key": "invalid_grant", "refresh without a key": "invalid_dpop_proof",
	})
}

func (f *features) dpopConfidential() {
	job := f.job("dpop", confidential, func(m *storage.ClientMetadata) { m.DPoPBound = true })
	d := f.run(f.command, f.Browser(), job)
	if got := d.Errors["refresh without a key"]; d.Subject != f.subject || got != "invalid_dpop_proof" {
		f.t.Errorf("signed in as %q; %v", d.Subject, d.Errors)
	}
	if got := d.Errors["refresh with another key"]; len(got) < 9 || got[:9] != "accepted:" { // its refresh tokens are tied to its secret
		f.t.Errorf("a confidential client may not change its key: %s", got)
	}
}

// mtls is a client whose certificate an authority issued; its tokens are tied to it.
func (f *features) mtls() {
	named := f.authority.Issue(func(c *x509.Certificate) { c.DNSNames = []string{"files.acme.example"} })
	job := f.job("mtls", method{core.AuthTLS, "PS256"}, func(m *storage.ClientMetadata) {
		m.TLSSanDNS, m.CertificateBound = "files.acme.example", true
	})
	f.certified(job, named, f.authority.Issue(func(c *x509.Certificate) { c.DNSNames = []string{"evil.example"} }))
}

// selfSigned is a client whose own key signed its certificate.
func (f *features) selfSigned() {
	own := testkit.SelfSigned(f.t, nil)
	job := f.job("mtls", method{core.AuthSelfSignedTLS, "ES256"}, func(m *storage.ClientMetadata) {
		public := jose.JSONWebKey{Key: own.Leaf.PublicKey, KeyID: "tls"}
		m.JWKS, m.CertificateBound = encode(f.t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}), true
	})
	f.certified(job, own, testkit.SelfSigned(f.t, nil))
}

func (f *features) certified(job task, own, other *tls.Certificate) {
	f.t.Helper()
	authority, err := os.ReadFile(f.App.Config.TLS.Certificate)
	if err != nil {
		f.t.Fatal(err)
	}
	job.Authority, job.Certificate, job.OtherCertificate = string(authority), f.pem(own), f.pem(other)
	d := f.works(job, map[string]string{"another certificate": "invalid_client", "userinfo with another certificate": "invalid_token", "no certificate": "invalid_client"})
	if want := core.CertificateThumbprint(own.Leaf); d.Bound != want {
		f.t.Errorf("tied to %q, want %q", d.Bound, want)
	}
}

func (f *features) pem(c *tls.Certificate) *certificate {
	f.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		f.t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return &certificate{Cert: block("CERTIFICATE", c.Certificate[0]), Key: block("PRIVATE KEY", der)}
}

func (f *features) device() {
	job := f.job("device", method{"none", "RS256"}, func(m *storage.ClientMetadata) {
		m.GrantTypes = []string{"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"}
	})
	f.works(job, map[string]string{"denied": "access_denied", "used again": "invalid_grant"})
}

func (f *features) ciba() {
	job := f.job("ciba", method{"private_key_jwt", "ES256"}, func(m *storage.ClientMetadata) {
		m.GrantTypes = []string{"urn:openid:params:grant-type:ciba", "refresh_token"}
	})
	f.works(job, map[string]string{"denied": "access_denied", "nobody": "unknown_user_id"})
}

// exchange is an application's token that an API exchanges for one to call the stock service with.
func (f *features) exchange() {
	const orders, stock = "https://orders.acme.example", "https://stock.acme.example"
	job := f.job("exchange", confidential, func(m *storage.ClientMetadata) { m.Scope, m.Resources = "openid email orders:read", nil })
	policy := &storage.TokenExchangePolicy{Delegation: true, Audiences: []string{stock}, SubjectClients: []string{job.ClientID}}
	f.Resource(stock, nil)
	api := f.Client(storage.ClientMetadata{
		ClientName: "Acme Orders", GrantTypes: []string{"urn:ietf:params:oauth:grant-type:token-exchange"}, RedirectURIs: []string{}, Scope: "openid email orders:read orders:write",
		ClientExchange: storage.ClientExchange{TokenExchange: policy},
	})
	f.Resource(orders, api)
	f.Change(&testkit.RP{ID: job.ClientID}, func(m *storage.ClientMetadata) { m.Resources = []string{orders} })
	job.Resource, job.Target, job.Back = orders, stock, &back{api.ID, api.Secret}
	d := f.works(job, map[string]string{"another target": "invalid_target", "no token": "invalid_request", "more scope": "invalid_scope"})
	if !d.Active || d.Actor != api.ID || d.Audience != stock {
		f.t.Errorf("exchanged: %+v", d)
	}
}

func (f *features) introspection() {
	f.introspected(f.job("introspection", confidential, func(m *storage.ClientMetadata) { m.AccessTokenFormat = "opaque" }))
}

// signedIntrospection are answers as JWTs (RFC 9701).
func (f *features) signedIntrospection() {
	f.introspected(f.job("introspection", method{"client_secret_jwt", "RS256"}, func(m *storage.ClientMetadata) { m.IntrospectionSignedRespAlg = "ES256" }))
}

func (f *features) introspected(job task) {
	f.t.Helper()
	stranger := f.Client(storage.ClientMetadata{})
	job.Back = &back{stranger.ID, stranger.Secret}
	d := f.works(job, map[string]string{})
	if !d.Active || !d.Revoked || d.Client != job.ClientID || d.Stranger {
		f.t.Errorf("introspection: %+v", d)
	}
}

// encrypted are answers that only the application can read.
func (f *features) encrypted() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	const alg, enc = "ECDH-ES+A256KW", "A256GCM"
	jwk := jose.JSONWebKey{Key: key, KeyID: "enc-1", Algorithm: alg, Use: "enc"}
	job := f.job("encrypted", confidential, func(m *storage.ClientMetadata) {
		m.JWKS, m.UserinfoSignedRespAlg = encode(f.t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}}), "ES256"
		m.AuthorizationSignedResponseAlg = "ES256"
		m.IDTokenEncryptedRespAlg, m.UserinfoEncryptedRespAlg, m.AuthorizationEncryptedRespAlg = alg, alg, alg
		m.IDTokenEncryptedRespEnc, m.UserinfoEncryptedRespEnc, m.AuthorizationEncryptedRespEnc = enc, enc, enc
	})
	job.EncryptionKey = encode(f.t, jwk)
	f.works(job, map[string]string{})
}
