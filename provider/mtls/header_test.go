package mtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/url"
	"testing"
)

// certificate is a new one as DER.
func certificate(t testing.TB) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

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
		if c != nil && len(c.Raw) == 0 {
			t.Errorf("%q: a certificate of no bytes", s)
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
