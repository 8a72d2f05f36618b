package mtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// certificate is a new one as DER.
func certificate(t testing.TB) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app", Organization: []string{"Ärger, Söhne"}, Country: []string{"HR"}}, DNSNames: []string{"app.test"},
		URIs: []*url.URL{{Scheme: "urn", Opaque: "app"}}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, EmailAddresses: []string{"a@APP.test"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// registrations name a subject in each of the five ways.
func registrations(subject string) []storage.ClientBinding {
	return []storage.ClientBinding{{TLSSubjectDN: subject}, {TLSSanDNS: "app.test"}, {TLSSanURI: "urn:app"}, {TLSSanIP: "192.0.2.1"}, {TLSSanEmail: "a@app.test"}}
}

// FuzzParseHeader: whatever a proxy hands over is one certificate or a refusal, and whose it is can be asked of every one.
func FuzzParseHeader(f *testing.F) {
	der := certificate(f)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	f.Add(":" + base64.StdEncoding.EncodeToString(der) + ":")
	f.Add(url.PathEscape(text))
	f.Add(url.QueryEscape(text))
	f.Add("::")
	f.Add("%2D%2D%2D%2D%2DBEGIN CERTIFICATE-----")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseHeader(s)
		if (c == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", s, c, err)
		}
		if c == nil {
			return
		}
		if len(c.Raw) == 0 {
			t.Errorf("%q: a certificate of no bytes", s)
		}
		for _, b := range registrations(c.Subject.String()) {
			if named(c, &b) != named(c, &b) || named(c, &storage.ClientBinding{}) {
				t.Errorf("%q and %+v", s, b)
			}
		}
	})
}

// What proxies write is read: RFC 9440's bytes, and nginx's escapes, which leave no plus to be taken for a space.
func TestParseHeader(t *testing.T) {
	der := certificate(t)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	for name, s := range map[string]string{"RFC 9440": ":" + base64.StdEncoding.EncodeToString(der) + ":", "nginx": url.PathEscape(text), "spaces around": " :" + base64.StdEncoding.EncodeToString(der) + ":\t"} {
		if c, err := parseHeader(s); err != nil || string(c.Raw) != string(der) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]string{
		"two": url.PathEscape(text + text), "a key": url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))), "bytes after": ":" + base64.StdEncoding.EncodeToString(append(der, 0)) + ":",
		"half": ":" + base64.StdEncoding.EncodeToString(der[:40]) + ":", "no colon": base64.StdEncoding.EncodeToString(der), "one colon": ":" + base64.StdEncoding.EncodeToString(der),
	} {
		if c, err := parseHeader(s); err == nil {
			t.Errorf("%s: %v", name, c.Subject)
		}
	}
}
