package core

import (
	"net"
	"net/netip"
	"path"
	"strings"
)

// Which headers of a reverse proxy say what was asked for. One application has one source: a header that its proxy does not set may be the stranger's.
const (
	ForwardedHeaders = "forwarded"    // X-Forwarded-Method, -Proto, -Host and -Uri
	OriginalURL      = "original_url" // X-Original-URL and X-Original-Method
)

// ForwardPath begins the paths of a protected host that are ours.
const ForwardPath = "/.jedan-auth/"

// ForwardCallback is where a browser comes back to on a protected host. Hosts of this machine have no TLS.
func ForwardCallback(host string) string {
	return ForwardScheme(host) + "://" + host + ForwardPath + "callback"
}

// ForwardScheme is https for all but hosts of this machine.
func ForwardScheme(host string) string {
	name := host
	if n, _, err := net.SplitHostPort(host); err == nil {
		name = n
	}
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); name == "localhost" || err == nil && addr.IsLoopback() {
		return "http"
	}
	return "https"
}

// PlainPath says that a path means the same to everybody: no dot segments, empty segments, escapes, parameters or backslashes.
func PlainPath(p string) bool {
	clean := path.Clean(p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return p == clean && strings.HasPrefix(p, "/") && !strings.ContainsFunc(p, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`%\;?#`, c)
	})
}

// ForwardHeader says that a header may carry a claim to an application: none that means something to servers.
func ForwardHeader(name string) bool {
	low := strings.ToLower(name)
	if !strings.HasPrefix(low, "remote-") && !strings.HasPrefix(low, "x-") || strings.HasPrefix(low, "x-forwarded") || strings.HasPrefix(low, "x-original") || strings.HasPrefix(low, "x-real") {
		return false
	}
	return !strings.ContainsFunc(low, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') })
}
