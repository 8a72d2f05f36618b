package mtls

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/url"
	"strings"
)

// maxCertificate bounds a certificate in a header, in bytes as it comes.
const maxCertificate = 24 << 10

var errCertificate = errors.New("mtls: not one certificate")

// parseHeader reads a certificate as proxies write it: DER in base64 between colons (RFC 9440 section 2.1), or PEM in percent encoding (nginx's
// $ssl_client_escaped_cert).
func parseHeader(s string) (*x509.Certificate, error) {
	if len(s) > maxCertificate {
		return nil, errCertificate
	}
	s = strings.Trim(s, " \t")
	if strings.HasPrefix(s, ":") {
		return fromBytes(s)
	}
	return fromPEM(s)
}

// fromBytes reads a structured field of bytes (RFC 8941 section 3.3.5).
func fromBytes(s string) (*x509.Certificate, error) {
	if len(s) < 2 || !strings.HasSuffix(s, ":") {
		return nil, errCertificate
	}
	der, err := base64.StdEncoding.DecodeString(s[1 : len(s)-1])
	if err != nil {
		return nil, errCertificate
	}
	return parse(der)
}

func fromPEM(s string) (*x509.Certificate, error) {
	text, err := url.PathUnescape(s)
	if err != nil {
		return nil, errCertificate
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errCertificate
	}
	return parse(block.Bytes)
}

func parse(der []byte) (*x509.Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errCertificate
	}
	return c, nil
}
