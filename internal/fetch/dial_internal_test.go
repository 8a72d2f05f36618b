package fetch

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// TestTheSocketsOwnAddressIsJudged: the check before the connection is not the only one.
func TestTheSocketsOwnAddressIsJudged(t *testing.T) {
	d := dialer{policy: policy{allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "10.0.0.1:443": true, "127.0.0.1:443": false, "[::1]:443": false, "[::ffff:127.0.0.1]:443": false, "[fe80::1%lo]:443": false, "nonsense": false,
	} {
		if err := d.control("tcp4", address, false); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	if d.control("udp4", "8.8.8.8:53", false) == nil || d.control("unix", "/tmp/x", false) == nil {
		t.Error("another kind of socket")
	}
	if d.control("tcp4", "8.8.8.8:80", true) == nil || d.control("tcp4", "10.0.0.1:80", true) == nil {
		t.Error("plain http goes out")
	}
}

type oddly struct{}

func (oddly) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// TestTheDialerItselfRefuses spellings that the check of the URL would have stopped.
func TestTheDialerItselfRefuses(t *testing.T) {
	d := dialer{resolver: oddly{}, timeout: time.Second}
	for _, host := range []string{"2130706433", "0x7f.1", "localhost.", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::1%lo]"} {
		if conn, err := d.DialContext(context.Background(), "tcp", host+":9"); conn != nil || !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "169.253.1.1", "223.255.255.255", "2606:4700::1111", "2a00::1", "2001:4860::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Error(a, " is public")
		}
	}
}
