package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Own is what one peer's connections stand on instead of the client's.
type Own struct {
	Roots       []byte           // certificates (PEM) that alone are trusted; empty: the client's
	Certificate *tls.Certificate // with which this server shows itself (RFC 8705); nil: with none
}

// With returns a client for one peer: it judges the same addresses and counts on the same limits, but shares neither connections nor kept documents
// with others, since what one authority vouches for is no word of another. errs.Invalid: the roots hold no certificate.
func (c *Client) With(o Own) (*Client, error) {
	shared, ok := c.http.Transport.(*http.Transport)
	if !ok {
		return nil, errs.New(errs.Internal, "The outbound client has no transport of its own.")
	}
	t := shared.Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}
	if len(o.Roots) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(o.Roots) {
			return nil, errs.New(errs.Invalid, "The certificates of an authority are no PEM.")
		}
		t.TLSClientConfig.RootCAs = pool
	}
	if o.Certificate != nil {
		t.TLSClientConfig.Certificates = []tls.Certificate{*o.Certificate}
	}
	return &Client{
		policy: c.policy, timeout: c.timeout, agent: c.agent, now: c.now, perHost: c.perHost, places: c.places, kept: newShelf(), roots: c.roots,
		http: &http.Client{CheckRedirect: checkRedirect, Transport: t},
	}, nil
}
