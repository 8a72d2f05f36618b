package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/mtls"
)

// MTLS says where certificates of clients come from (RFC 8705).
type MTLS struct {
	Request bool     `config:"request" default:"false" doc:"Ask for a client certificate on the main listener. Browsers that have one may then ask their people about it; an own listener spares them that."`
	Listen  []string `config:"listen" doc:"Addresses of an own listener that asks for client certificates. Needs tls and url."`
	URL     string   `config:"url" doc:"Public address of the endpoints for clients with a certificate, such as https://mtls.id.example, with the issuer's path. It is published as mtls_endpoint_aliases."`
	Header  string   `config:"header" doc:"Header in which a trusted proxy hands over the client's certificate: Client-Cert (RFC 9440), or one with nginx's $ssl_client_escaped_cert. The proxy must remove it from requests. Needs trusted_proxies."`
	Trust   string   `config:"trust" doc:"Path of a PEM file with the issuers of certificates for tls_client_auth. Empty: that method is off, and self_signed_tls_client_auth is what remains."`
}

func (m MTLS) validate(c Config) error {
	var wrong []error
	check := func(ok bool, sentence string) {
		if !ok {
			wrong = append(wrong, errors.New("mtls: "+sentence))
		}
	}
	own := c.TLS.Certificate != ""
	check(own || !m.Request && len(m.Listen) == 0, "request and listen need tls")
	check(len(m.Listen) == 0 || m.URL != "", "listen needs url")
	check(m.Header == "" || len(c.Proxies) > 0, "header needs trusted_proxies")
	check(m.URL == "" || m.config(nil).On(), "url needs listen, request or header")
	check(m.Trust == "" || m.config(nil).On(), "trust needs listen, request or header")
	if _, err := m.alias(c); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// alias is the public address; nil if there is none.
func (m MTLS) alias(c Config) (*url.URL, error) {
	if m.URL == "" {
		return nil, nil //nolint:nilnil // most servers have none
	}
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(m.URL, "/") {
		return nil, errors.New("mtls.url: an https URL without query, fragment and trailing slash is required")
	}
	if issuer, err := c.issuer(); err == nil && issuer.EscapedPath() != u.EscapedPath() {
		return nil, errors.New("mtls.url: must have the path of the issuer")
	}
	return u, nil
}

func (m MTLS) config(trust *x509.CertPool) mtls.Config {
	return mtls.Config{Connections: m.Request || len(m.Listen) > 0, Header: m.Header, Trust: trust, URL: m.URL}
}

// load reads the issuers.
func (m MTLS) load() (mtls.Config, error) {
	if m.Trust == "" {
		return m.config(nil), nil
	}
	pem, err := os.ReadFile(m.Trust)
	if err != nil {
		return mtls.Config{}, fmt.Errorf("mtls.trust: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return mtls.Config{}, errors.New("mtls.trust: there is no certificate in the file")
	}
	return m.config(pool), nil
}

// asking opens the own listener, if there is to be one.
func (s *server) asking(ctx context.Context) ([]net.Listener, error) {
	if len(s.askers) > 0 {
		return s.askers, nil
	}
	if len(s.Config.MTLS.Listen) == 0 {
		return nil, nil
	}
	return httpx.Listen(ctx, s.Config.MTLS.Listen)
}
