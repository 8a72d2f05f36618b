package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Resolver finds a host's addresses; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const (
	dialMost = 4               // addresses of one host that are tried
	dialEach = 2 * time.Second // for one of several
)

type plainKey struct{}

// dialer connects to a host's permitted addresses in turn. The names are resolved here, once, and the socket goes to the very address that was judged.
type dialer struct {
	policy   policy
	resolver Resolver
	timeout  time.Duration // for all of it: the transport may go on dialing after its request has given up
}

// DialContext is http.Transport's. Whether the request is plain http rides in ctx.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	addrs, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	plain, _ := ctx.Value(plainKey{}).(bool)
	nd := net.Dialer{Control: func(network, address string, _ syscall.RawConn) error { return d.control(network, address, plain) }}
	var failed []error
	tried := 0
	for _, a := range addrs {
		if tried == dialMost || ctx.Err() != nil {
			break
		}
		if !d.policy.permits(a, plain) {
			continue
		}
		tried++
		conn, err := dialOne(ctx, nd, network, net.JoinHostPort(a.Unmap().String(), port), len(addrs) > 1)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	if tried == 0 {
		return nil, ErrRefused
	}
	return nil, errors.Join(failed...)
}

func dialOne(ctx context.Context, nd net.Dialer, network, address string, oneOfSeveral bool) (net.Conn, error) {
	if oneOfSeveral {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialEach)
		defer cancel()
	}
	return nd.DialContext(ctx, network, address)
}

func (d dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("fetch: the host cannot be found: %w", err)
	}
	return addrs, nil
}

// control judges the address that the socket really gets.
func (d dialer) control(network, address string, plain bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || (network != "tcp4" && network != "tcp6") || !d.policy.permits(at.Addr(), plain) {
		return ErrRefused
	}
	return nil
}
