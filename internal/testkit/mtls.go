package testkit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

// Authority issues certificates for clients.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	// File holds its own certificate, for mtls.trust.
	File string
}

// NewAuthority makes one.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, File: filepath.Join(t.TempDir(), "authority.pem")}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "jedan test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	issued := a.issue(template, nil)
	a.cert, a.key = issued.Leaf, issued.PrivateKey.(*ecdsa.PrivateKey)
	writePEM(t, a.File, "CERTIFICATE", a.cert.Raw)
	return a
}

// Issue makes a client certificate; change may alter it before it is signed.
func (a *Authority) Issue(change func(*x509.Certificate)) *tls.Certificate {
	a.t.Helper()
	return a.issue(clientTemplate(change), a)
}

// SelfSigned makes a client certificate that its own key signed.
func SelfSigned(t testing.TB, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	return (&Authority{t: t}).issue(clientTemplate(change), nil)
}

func clientTemplate(change func(*x509.Certificate)) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "app", Organization: []string{"Acme"}}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	return template
}

func (a *Authority) issue(template *x509.Certificate, by *Authority) *tls.Certificate {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	parent, signer := template, crypto.Signer(private)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &private.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}
}

// StartMTLS boots a server over TLS that has an own listener for clients with certificates, issued by the authority (nil: none is trusted).
func StartMTLS(t testing.TB, a *Authority, options ...Option) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := func(c *app.Config) {
		c.MTLS.Listen, c.MTLS.URL = []string{l.Addr().String()}, "https://"+l.Addr().String()
		if a != nil {
			c.MTLS.Trust = a.File
		}
	}
	return startTLS(t, []net.Listener{l}, append([]Option{own}, options...))
}

// Holding is the server as a client with this certificate (nil: none) sees it: at the issuer.
func (s *Server) Holding(c *tls.Certificate) *Server {
	out := s.For(s.T)
	transport := plainClient(s.roots, s.via).Transport.(*http.Transport)
	if c != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*c}
	}
	out.HTTP = &http.Client{Transport: transport, CheckRedirect: s.HTTP.CheckRedirect}
	s.T.Cleanup(transport.CloseIdleConnections)
	return out
}

// AtAlias is Holding at the address for clients with certificates.
func (s *Server) AtAlias(c *tls.Certificate) *Server {
	out := s.Holding(c)
	out.URL = s.App.Config.MTLS.URL
	return out
}
