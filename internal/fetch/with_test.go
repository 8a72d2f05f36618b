package fetch_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

func rootsOf(w *world) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
}

// TestWithRoots: an authority of one peer's own is trusted for it alone, and no other is for it.
func TestWithRoots(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.Trust = "" }, func(http.ResponseWriter, *http.Request) {})
	own, err := w.client.With(fetch.Own{Roots: rootsOf(w)})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if _, err := own.Get(context.Background(), fetch.Request{URL: w.base}); err != nil {
		t.Error(err)
	}
	if _, err := own.Document(context.Background(), fetch.DocumentRequest{URL: w.base}); err != nil {
		t.Error(err)
	}
	_, err = w.client.Document(context.Background(), fetch.DocumentRequest{URL: w.base})
	code(t, err, errs.Unavailable)
	trusting := newWorld(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	other, err := trusting.client.With(fetch.Own{Roots: foreignRoot(t)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Get(context.Background(), fetch.Request{URL: trusting.base})
	code(t, err, errs.Unavailable)
	_, err = w.client.With(fetch.Own{Roots: []byte("no PEM")})
	code(t, err, errs.Invalid)
}

// TestWithJudgesAddresses: what may not be asked may not be asked so either.
func TestWithJudgesAddresses(t *testing.T) {
	w := newWorld(t, func(c *fetch.Config) { c.AllowNetworks = nil }, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	own, err := w.client.With(fetch.Own{Roots: rootsOf(w)})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{w.base, "https://127.0.0.1:" + port(w.server.URL), "http://example.com", "https://169.254.169.254/"} {
		_, err = own.Get(context.Background(), fetch.Request{URL: address})
		code(t, err, errs.Invalid)
	}
	limited := newWorld(t, func(c *fetch.Config) { c.PerHost = 1 }, func(http.ResponseWriter, *http.Request) {})
	if own, err = limited.client.With(fetch.Own{}); err != nil {
		t.Fatal(err)
	}
	if _, err = limited.get("/"); err != nil {
		t.Fatal(err)
	}
	_, err = own.Get(context.Background(), fetch.Request{URL: limited.base})
	code(t, err, errs.Throttled)
}

func TestWithCertificate(t *testing.T) {
	var seen []*x509.Certificate
	w := newWorld(t, nil, func(_ http.ResponseWriter, r *http.Request) { seen = r.TLS.PeerCertificates })
	w.server.TLS.ClientAuth = tls.RequestClientCert
	cert := pair(t)
	own, err := w.client.With(fetch.Own{Certificate: &cert})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = own.Get(context.Background(), fetch.Request{URL: w.base}); err != nil || len(seen) != 1 || !seen[0].Equal(cert.Leaf) {
		t.Error(seen, err)
	}
	if _, err = w.get("/"); err != nil || len(seen) != 0 {
		t.Error("the certificate was shown without being wanted: ", seen, err)
	}
}

func pair(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "jedan"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func foreignRoot(t *testing.T) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair(t).Certificate[0]})
}
