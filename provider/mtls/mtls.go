package mtls

import (
	"context"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Config says where certificates come from. The zero value is off.
type Config struct {
	Connections bool           // a listener of ours asks for certificates
	Header      string         // in which a trusted proxy hands them over; "": in none
	Trust       *x509.CertPool // issuers for tls_client_auth; nil: that method is off
	URL         string         // where the endpoints are reached with a certificate, without a trailing slash; "": at the issuer
}

// On reports whether certificates come from anywhere.
func (c Config) On() bool { return c.Connections || c.Header != "" }

// Deps are what a Module uses.
type Deps struct {
	Now func() time.Time
	Log func(ctx context.Context, table string, vs []verdict.Verdict)
}

// Module judges certificates. It implements core.Certificates.
type Module struct {
	c Config
	d Deps
}

var _ core.Certificates = (*Module)(nil)

// New returns a module.
func New(c Config, d Deps) *Module { return &Module{c: c, d: d} }

// Presented implements core.Certificates. The header counts only from a trusted proxy (RFC 8705 section 6.5, RFC 9440 section 4); whoever else sends
// it is not heard.
func (m *Module) Presented(r *http.Request) ([]*x509.Certificate, error) {
	if m.c.Header != "" && httpx.FromTrustedProxy(r.Context()) {
		return m.fromHeader(r.Header)
	}
	if m.c.Connections && r.TLS != nil {
		return r.TLS.PeerCertificates, nil
	}
	return nil, nil
}

func (m *Module) fromHeader(h http.Header) ([]*x509.Certificate, error) {
	values := h[http.CanonicalHeaderKey(m.c.Header)]
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil, nil
	}
	if len(values) > 1 {
		return nil, core.InvalidRequest("More than one client certificate.", "one header", "several")
	}
	c, err := parseHeader(values[0])
	if err != nil {
		return nil, core.InvalidRequest("The client certificate cannot be read.", "a certificate", "another text")
	}
	return []*x509.Certificate{c}, nil
}

// Methods implements core.Certificates.
func (m *Module) Methods() []string {
	switch {
	case !m.c.On():
		return nil
	case m.c.Trust == nil:
		return []string{core.AuthSelfSignedTLS}
	}
	return []string{core.AuthTLS, core.AuthSelfSignedTLS}
}

// Authenticates implements core.Certificates.
func (m *Module) Authenticates(ctx context.Context, c *core.Client, chain []*x509.Certificate) error {
	vs, err := core.Run(ctx, Rows(), &attempt{m: m, client: c, leaf: chain[0], rest: chain[1:]})
	if err != nil {
		m.d.Log(ctx, "mtls", vs)
	}
	return err
}
