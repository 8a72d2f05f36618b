package modules

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// pair is a new self-signed certificate for this machine and its key, as PEM.
func pair(t *testing.T, serial int64) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "another"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// handshake is what the server agrees to with a client of these settings: version and suite, or that it refuses.
func (w *world) handshake(c *tls.Config) (agreed string, serial int64) {
	w.t.Helper()
	c.InsecureSkipVerify = true //nolint:gosec // the test looks at the certificate itself
	conn, err := tls.Dial("tcp", w.issuer().Host, c)
	if err != nil {
		return "refused", 0
	}
	defer func() { _ = conn.Close() }()
	st := conn.ConnectionState()
	return fmt.Sprintf("%s %s %q", tls.VersionName(st.Version), tls.CipherSuiteName(st.CipherSuite), st.NegotiatedProtocol), st.PeerCertificates[0].SerialNumber.Int64()
}

// agreements is everything that the server agrees to, by what the client offers; and the certificate it shows.
func (w *world) agreements() (all map[string]string, serial int64) {
	w.t.Helper()
	all = map[string]string{}
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		for _, protocols := range [][]string{nil, {"http/1.1"}, {"h2", "http/1.1"}} {
			agreed, n := w.handshake(&tls.Config{MinVersion: v, MaxVersion: v, NextProtos: protocols}) //nolint:gosec // old versions are what is tried
			all[fmt.Sprint(tls.VersionName(v), protocols)] = agreed
			serial = max(serial, n)
		}
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			all[suite.Name], _ = w.handshake(&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}})
		}
	}
	return all, serial
}

// WB10: versions and suites are the same before and after new certificate files are taken up, and old versions are refused.
func TestWB10_TLSReload(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, cheap))
	before, first := w.agreements()
	for offer, agreed := range before {
		old := offer[:7] == "TLS 1.0" || offer[:7] == "TLS 1.1"
		if old && agreed != "refused" {
			t.Errorf("%s: %s", offer, agreed)
		}
	}
	for _, weak := range []string{"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"} {
		if agreed, tried := before[weak]; !tried || agreed != "refused" {
			t.Errorf("%s: %q", weak, agreed)
		}
	}
	if before["TLS 1.3[h2 http/1.1]"] == "refused" || before["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] == "refused" || before["TLS 1.2[]"] == "refused" || first != 1 {
		t.Fatalf("honest clients: %v, certificate %d", before, first)
	}
	replace := func(certificate, key []byte) {
		w.must(os.WriteFile(w.App.Config.TLS.Certificate, certificate, 0o600))
		w.must(os.WriteFile(w.App.Config.TLS.Key, key, 0o600))
		w.Clock.Advance(11 * time.Second)
	}
	certificate, key := pair(t, 2)
	replace(certificate, key)
	after, second := w.agreements()
	if second != 2 {
		t.Errorf("the certificate with serial number %d is shown", second)
	}
	for offer := range before {
		if after[offer] != before[offer] {
			t.Errorf("%s: %s before, %s after", offer, before[offer], after[offer])
		}
	}
	_, another := pair(t, 3)
	for name, broken := range map[string][2][]byte{"another key": {certificate, another}, "half a file": {certificate[:40], key}, "empty files": {nil, nil}} {
		replace(broken[0], broken[1])
		if agreed, serial := w.handshake(&tls.Config{MinVersion: tls.VersionTLS12}); serial != 2 {
			t.Errorf("%s: %s, serial number %d", name, agreed, serial)
		}
	}
	certificate, key = pair(t, 4)
	replace(certificate, key)
	if agreed, serial := w.handshake(&tls.Config{MinVersion: tls.VersionTLS12}); serial != 4 {
		t.Errorf("after broken files: %s, serial number %d", agreed, serial)
	}
}
