package fetch

import "net/netip"

// closed4 are the IPv4 networks that are not public unicast (IANA special-purpose registry), and one public address that answers as a cloud's
// metadata service.
var closed4 = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"), // multicast, reserved, broadcast
	netip.MustParsePrefix("168.63.129.16/32"),
}

// open6 is all of IPv6 that is public unicast; closed6 is what it holds that is not: among it Teredo and 6to4, which carry an IPv4 address. NAT64
// (64:ff9b::/96, 64:ff9b:1::/48), ::1, ::ffff:0:0/96, fc00::/7, fe80::/10 and ff00::/8 lie outside.
var (
	open6   = netip.MustParsePrefix("2000::/3")
	closed6 = []netip.Prefix{
		netip.MustParsePrefix("2001::/23"),
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("3fff::/20"),
	}
)

// public reports whether a stranger's server may have this address.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" {
		return false
	}
	if a.Is4() {
		return !within(closed4, a)
	}
	return open6.Contains(a) && !within(closed6, a)
}

func within(nets []netip.Prefix, a netip.Addr) bool {
	for _, n := range nets {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// policy says which addresses may be reached.
type policy struct {
	allowed []netip.Prefix
	http    bool
}

// permits judges an address; plain is http without TLS.
func (p policy) permits(a netip.Addr, plain bool) bool {
	a = a.Unmap()
	if within(p.allowed, a) && a.Zone() == "" {
		return !plain || p.http
	}
	return !plain && public(a)
}
