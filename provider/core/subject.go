package core

import (
	"encoding/base64"
	"net/netip"
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Subject types (OpenID Connect Core section 8).
const (
	SubjectPublic   = "public"
	SubjectPairwise = "pairwise"
)

// SubjectRing makes the keyed hashes of pairwise subjects; they must never change.
type SubjectRing interface {
	FirstMAC(purpose string, parts ...[]byte) []byte
}

// Subjects says under which sub a client knows a person. Whatever makes a grant asks it: a grant's Subject is the only sub that ever leaves.
type Subjects struct {
	Tenant storage.ID
	Ring   SubjectRing
}

// Of returns the public sub, or for a client with pairwise subjects a keyed hash of it for the client's sector (OpenID Connect Core section 8.1):
// the same for every client of the sector, and of no meaning to any other.
func (s *Subjects) Of(c *Client, p *storage.Person) string {
	if c.Sector == "" {
		return p.Subject
	}
	mac := s.Ring.FirstMAC(keys.Pairwise, []byte("subject"), s.Tenant[:], []byte(c.Sector), []byte(p.Subject))
	return base64.RawURLEncoding.EncodeToString(mac)
}

// Sector is the sector identifier of a registration (OpenID Connect Core section 8.1): the host of sector_identifier_uri, or else the one host of
// all its redirect URIs, or else, where people are not redirected at all, that of jwks_uri (OpenID Connect CIBA section 4). It is false when there
// is none of its own: several hosts, an address of the person's own machine, a private-use scheme.
func Sector(m *storage.ClientMetadata) (string, bool) {
	if m.SectorIdentifierURI != "" {
		return publishedHost(m.SectorIdentifierURI) // whoever could not publish there is refused when the list is fetched
	}
	if len(m.RedirectURIs) == 0 {
		return publishedHost(m.JWKSURI)
	}
	sector, ok := publishedHost(m.RedirectURIs[0])
	for _, uri := range m.RedirectURIs[1:] {
		host, also := publishedHost(uri)
		ok = ok && also && host == sector
	}
	return sector, ok && !ownMachine(sector)
}

// publishedHost is the host of an https URL.
func publishedHost(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return "", false
	}
	return u.Hostname(), true
}

// ownMachine reports whether a host is whatever machine it is asked on.
func ownMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
