package httpx

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// peerAddr is the address of a connection's other end, without zone and with
// IPv4-mapped addresses unmapped. It is invalid for what is no IP connection.
func peerAddr(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

type peerKey struct{}

// withPeer reads the peer's address once for all requests of a connection.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, peerAddr(c.RemoteAddr().String()))
}

// peerOf is the address that withPeer read, or remote's.
func peerOf(ctx context.Context, remote string) netip.Addr {
	if peer, ok := ctx.Value(peerKey{}).(netip.Addr); ok {
		return peer
	}
	return peerAddr(remote)
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedFor walks X-Forwarded-For from the right, past trusted proxies, to the
// first address that is not one of them. An entry that cannot be read on the way
// ends the walk at the peer: a header that lies or breaks must not free its
// sender from a policy. When every hop is trusted, the leftmost is the client.
func forwardedFor(peer netip.Addr, lines []string, trusted []netip.Prefix) netip.Addr {
	client := peer
	for i := len(lines) - 1; i >= 0; i-- {
		rest, more := lines[i], true
		for more {
			var hop string
			rest, hop, more = lastHop(rest)
			addr, ok := parseHop(hop)
			if !ok {
				return peer
			}
			client = addr
			if !contains(trusted, addr) {
				return client
			}
		}
	}
	return client
}

// lastHop splits off the last element of a comma-separated list.
func lastHop(list string) (rest, hop string, more bool) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:], true
	}
	return "", list, false
}

// parseHop reads one element: an address, with or without a port. A zone means
// something on the proxy only, so it is refused.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if len(s) > 64 {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	if addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}
