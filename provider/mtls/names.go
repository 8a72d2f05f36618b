package mtls

import (
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
)

// name is one way to register the subject of a certificate.
type name struct {
	member string
	value  string
	judge  func(value string) string // "" or what it must be
	match  func(c *x509.Certificate, value string) bool
}

func names(b *storage.ClientBinding) []name {
	return []name{
		{"tls_client_auth_subject_dn", b.TLSSubjectDN, judgeDN, matchDN},
		{"tls_client_auth_san_dns", b.TLSSanDNS, judgeDNS, matchDNS},
		{"tls_client_auth_san_uri", b.TLSSanURI, judgeURI, matchURI},
		{"tls_client_auth_san_ip", b.TLSSanIP, judgeIP, matchIP},
		{"tls_client_auth_san_email", b.TLSSanEmail, judgeEmail, matchEmail},
	}
}

// registered are the names that a registration has.
func registered(b *storage.ClientBinding) []name {
	return slices.DeleteFunc(names(b), func(n name) bool { return n.value == "" })
}

// named reports whether a certificate has the one registered name. A registration with none or several matches nothing.
func named(c *x509.Certificate, b *storage.ClientBinding) bool {
	l := registered(b)
	return len(l) == 1 && l[0].judge(l[0].value) == "" && l[0].match(c, l[0].value)
}

// JudgeNames says which member of a registration breaks which rule, or "", "": there are exactly one of the five for tls_client_auth, and none for
// any other method.
func (m *Module) JudgeNames(b *storage.ClientBinding, tlsAuth bool) (member, rule string) {
	l := registered(b)
	switch {
	case !tlsAuth && len(l) > 0:
		return l[0].member, "is only for tls_client_auth"
	case !tlsAuth:
		return "", ""
	case len(l) != 1:
		return "tls_client_auth_subject_dn", "or one of tls_client_auth_san_dns, _uri, _ip and _email, exactly one of the five, must be given for tls_client_auth"
	}
	if rule := l[0].judge(l[0].value); rule != "" {
		return l[0].member, rule
	}
	return "", ""
}

func judgeDN(v string) string {
	if _, err := parseDN(v); err != nil {
		return "must be a distinguished name such as CN=app,O=Acme,C=DE (RFC 4514)"
	}
	return ""
}

func matchDN(c *x509.Certificate, v string) bool {
	want, err := parseDN(v)
	if err != nil {
		return false
	}
	got, err := subjectOf(c.RawSubject)
	return err == nil && got.equal(want)
}

func judgeDNS(v string) string {
	if len(v) > 253 || strings.Trim(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Contains(v, "..") || strings.HasPrefix(v, ".") {
		return "must be a host name"
	}
	return ""
}

// matchDNS compares names, never patterns.
func matchDNS(c *x509.Certificate, v string) bool {
	return slices.ContainsFunc(c.DNSNames, func(s string) bool { return strings.EqualFold(s, v) })
}

func judgeURI(v string) string {
	if u, err := url.Parse(v); err != nil || !u.IsAbs() || len(v) > 2048 {
		return "must be an absolute URI"
	}
	return ""
}

func matchURI(c *x509.Certificate, v string) bool {
	return slices.ContainsFunc(c.URIs, func(u *url.URL) bool { return u.String() == v })
}

func judgeIP(v string) string {
	if a, err := netip.ParseAddr(v); err != nil || a.Zone() != "" {
		return "must be an IPv4 or IPv6 address"
	}
	return ""
}

func matchIP(c *x509.Certificate, v string) bool {
	want, err := netip.ParseAddr(v)
	if err != nil {
		return false
	}
	for _, ip := range c.IPAddresses {
		if got, ok := netip.AddrFromSlice(ip); ok && got.Unmap() == want.Unmap() {
			return true
		}
	}
	return false
}

func judgeEmail(v string) string {
	if _, _, err := splitEmail(v); err != nil {
		return "must be an e-mail address"
	}
	return ""
}

// matchEmail compares local parts with case and domains without (RFC 5280 section 7.5).
func matchEmail(c *x509.Certificate, v string) bool {
	local, domain, err := splitEmail(v)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.EmailAddresses, func(s string) bool {
		l, d, err := splitEmail(s)
		return err == nil && l == local && strings.EqualFold(d, domain)
	})
}

func splitEmail(s string) (local, domain string, err error) {
	i := strings.LastIndexByte(s, '@')
	if i < 1 || i == len(s)-1 || len(s) > 254 || strings.ContainsAny(s, " \t\r\n") {
		return "", "", errors.New("mtls: not an e-mail address")
	}
	return s[:i], s[i+1:], nil
}
