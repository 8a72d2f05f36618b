package ratelimit

import "net/netip"

// nat64 is the well-known prefix of RFC 6052.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// AddrKey is the key for an address: IPv4 as it is, IPv6 by its /64, since one
// subscriber holds at least that many. Addresses that carry an IPv4 address
// (mapped, NAT64 of RFC 6052, 6to4 of RFC 3056) count as that one.
func AddrKey(a netip.Addr) string {
	a = carried(a)
	if !a.IsValid() {
		return "unknown"
	}
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// AddrTag is AddrKey in nine bytes that need no memory: the family, and the address or its /64. An invalid address has a tag, too: it must not skip
// a limit.
func AddrTag(a netip.Addr) (tag [9]byte) {
	a = carried(a)
	switch {
	case a.Is4():
		b := a.As4()
		tag[0] = 4
		copy(tag[1:], b[:])
	case a.Is6():
		b := a.As16()
		tag[0] = 6
		copy(tag[1:], b[:8])
	}
	return tag
}

// carried is the address that counts, without a zone: the IPv4 address where an IPv6 one carries it.
func carried(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}
