package ldap

import (
	"context"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

var hostShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// server is one of a directory's.
type server struct {
	host, port string
	tls        bool // from the first byte (ldaps)
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

func parseServer(text string) (server, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "ldap" && u.Scheme != "ldaps") {
		return server{}, errs.New(errs.Invalid, "A server is ldaps://host or ldap://host, with a port if it is another than the usual.")
	}
	s := server{host: u.Hostname(), port: u.Port(), tls: u.Scheme == "ldaps"}
	switch {
	case s.port != "":
	case s.tls:
		s.port = "636"
	default:
		s.port = "389"
	}
	return s, nil
}

// Resolver finds servers by name (net.Resolver).
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

const maxServers = 16

// servers lists the directory's, in the order in which they are asked.
func (c *connector) servers(ctx context.Context) ([]server, error) {
	if c.c.Domain != "" {
		return c.lookup(ctx)
	}
	out := make([]server, 0, len(c.c.Servers))
	for _, text := range c.c.Servers {
		s, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// lookup finds servers by SRV records (RFC 2782). Nobody vouches for those: a target outside the domain is left out, because the name that the certificate must
// have would be the liar's own (RFC 6125 section 6.2.1).
func (c *connector) lookup(ctx context.Context) ([]server, error) {
	service := "ldap"
	switch {
	case c.c.GlobalCatalog:
		service = "gc"
	case !c.c.StartTLS:
		service = "ldaps"
	}
	_, found, err := c.d.Resolver.LookupSRV(ctx, service, "tcp", c.c.Domain)
	if err != nil {
		return nil, away(err)
	}
	domain := "." + strings.ToLower(strings.Trim(c.c.Domain, "."))
	var out []server
	for _, r := range found {
		host := strings.ToLower(strings.TrimSuffix(r.Target, "."))
		if strings.HasSuffix("."+host, domain) && hostShape.MatchString(host) && len(out) < maxServers {
			out = append(out, c.found(host, int(r.Port)))
		}
	}
	if len(out) == 0 {
		return nil, errs.New(errs.Unavailable, "The directory's servers cannot be found.")
	}
	return out, nil
}

// found is a server of a record. The global catalogue's records name its port without TLS; with TLS it is the next one.
func (c *connector) found(host string, port int) server {
	if c.c.GlobalCatalog && !c.c.StartTLS {
		port = 3269
	}
	return server{host: host, port: strconv.Itoa(port), tls: !c.c.StartTLS}
}

// serverName is what the server's certificate must have.
func (c *connector) serverName(s server) string {
	if c.c.ServerName != "" {
		return c.c.ServerName
	}
	return s.host
}
