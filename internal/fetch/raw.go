package fetch

import (
	"context"
	"crypto/x509"
	"net"
)

// Dial connects to host:port for a protocol that makes its own TLS before it says anything, such as LDAP. The addresses that may be reached are those of
// requests over https. The connection is the caller's, and so is the time that it may take after that.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := c.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Roots are the certificates that are trusted; nil: the system's.
func (c *Client) Roots() *x509.CertPool { return c.roots }
