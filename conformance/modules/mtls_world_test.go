package modules

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/url"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// withCertificate is a registration that authenticates by a certificate.
func withCertificate(method string, b storage.ClientBinding) storage.ClientMetadata {
	return storage.ClientMetadata{TokenEndpointAuthMethod: method, ClientBinding: b}
}

// selfSigned is a registration for a self-signed certificate's key.
func selfSigned(t *testing.T, c *tls.Certificate, b storage.ClientBinding) storage.ClientMetadata {
	t.Helper()
	m := withCertificate(core.AuthSelfSignedTLS, b)
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.PrivateKey.(crypto.Signer).Public(), KeyID: "cert"}}})
	if err != nil {
		t.Fatal(err)
	}
	m.JWKS = raw
	return m
}

// certified asks for a client's own token over a connection.
func (w *world) certified(s *testkit.Server, rp *testkit.RP) *testkit.Answer {
	w.t.Helper()
	return s.Call("/oauth2/token", nil, form("grant_type", "client_credentials", "client_id", rp.ID))
}

// notCertified wants a certificate refused by a row.
func (w *world) notCertified(row string, s *testkit.Server, rp *testkit.RP) {
	w.t.Helper()
	w.row(row, func() { w.unknown(w.certified(s, rp)) })
}

// x5t is a certificate's thumbprint.
func x5t(c *tls.Certificate) string { return core.CertificateThumbprint(c.Leaf) }

// tied wants a token that is bound to the certificate, by all who say so.
func (w *world) tied(a *testkit.Answer, c *tls.Certificate) string {
	w.t.Helper()
	token := w.ok(a).Text("access_token")
	_, claims := w.parts(token)
	if cnf, _ := claims["cnf"].(object); cnf["x5t#S256"] != x5t(c) || len(cnf) != 1 || a.Text("token_type") != "Bearer" {
		w.t.Errorf("%s %v", a.Text("token_type"), claims)
	}
	return token
}

// allNames is a certificate with every kind of name, twice where it can be.
func allNames(c *x509.Certificate) {
	c.Subject = pkix.Name{Country: []string{"DE"}, Organization: []string{"Acme, Inc."}, OrganizationalUnit: []string{"Files"}, CommonName: "app.acme.test"}
	c.DNSNames, c.EmailAddresses = []string{"app.acme.test", "other.test"}, []string{"app@acme.test"}
	c.URIs = []*url.URL{{Scheme: "https", Host: "app.acme.test", Path: "/id"}}
	c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")}
}

// inHeader is a certificate as RFC 9440 writes it.
func inHeader(c *tls.Certificate) string {
	return ":" + base64.StdEncoding.EncodeToString(c.Certificate[0]) + ":"
}

// escaped is a certificate as nginx writes it.
func escaped(c *tls.Certificate) string {
	return url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
}

// behind is a server behind a proxy at these addresses that hands over certificates.
func behind(a *testkit.Authority, header string, proxies ...string) testkit.Option {
	return func(c *app.Config) { c.Proxies, c.MTLS.Header, c.MTLS.Trust = proxies, header, a.File }
}
