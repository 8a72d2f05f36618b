package core

import (
	"net/url"
	"strings"
)

// Origin returns scheme://host[:port] of an http or https URI, and "" for anything else.
func Origin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host)
}

// MatchRedirect returns whether uri equals one of the registered ones, byte by byte (RFC 9700 section 2.1). The one exception: the port
// floats for a registered http URI on a loopback literal (RFC 8252 section 7.3).
func MatchRedirect(registered []string, uri string) bool {
	for _, r := range registered {
		if r == uri {
			return true
		}
		if rest, ok := loopbackRest(r); ok {
			if got, ok := loopbackRest(uri); ok && got == rest {
				return true
			}
		}
	}
	return false
}

// IsLoopback reports whether uri is an http URI on a loopback literal.
func IsLoopback(uri string) bool {
	_, ok := loopbackRest(uri)
	return ok
}

// loopbackRest cuts an http loopback URI into literal host and everything behind the port, for comparison without the port.
func loopbackRest(uri string) (string, bool) {
	for _, host := range []string{"http://127.0.0.1", "http://[::1]"} {
		rest, ok := strings.CutPrefix(uri, host)
		if !ok {
			continue
		}
		if port, ok := strings.CutPrefix(rest, ":"); ok {
			digits := len(port) - len(strings.TrimLeft(port, "0123456789"))
			if digits == 0 || digits > 5 {
				return "", false
			}
			rest = port[digits:]
		}
		if rest == "" || rest[0] == '/' || rest[0] == '?' {
			return host + rest, true
		}
	}
	return "", false
}

// IsPrivateUse reports whether uri has a private-use scheme (RFC 8252 section 7.1).
func IsPrivateUse(uri string) bool {
	scheme, _, ok := strings.Cut(uri, ":")
	return ok && strings.Contains(scheme, ".")
}
