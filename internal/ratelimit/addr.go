package ratelimit

import "net/netip"

// AddrKey is the key for an address: IPv4 as it is, IPv6 by its /64, since one
// subscriber holds at least that many. Addresses that carry an IPv4 address
// (mapped, NAT64 of RFC 6052, 6to4 of RFC 3056) count as that one.
func AddrKey(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return "unknown"
	}
	if a.Is4() {
		return a.String()
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16])).String()
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])).String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
