package dpop

import (
	"net"
	"net/url"
	"path"
	"strings"
)

// maxURI bounds an htu in bytes.
const maxURI = 2 << 10

// normalise writes a URL in the one form of RFC 3986 sections 6.2.2 and 6.2.3, without query and fragment (RFC 9449 section 4.3 item 9). It refuses
// what names no http or https host, and whatever names a user.
func normalise(uri string) (string, bool) {
	if len(uri) > maxURI {
		return "", false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" {
		return "", false
	}
	scheme := strings.ToLower(u.Scheme)
	port, known := map[string]string{"http": "80", "https": "443"}[scheme]
	if !known {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && p != port {
		host = net.JoinHostPort(strings.Trim(host, "[]"), p)
	}
	clean, ok := normalPath(u.EscapedPath())
	return scheme + "://" + host + clean, ok
}

// normalPath removes dot segments and escapes that are not needed, and writes the others in upper case.
func normalPath(escaped string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' {
			b.WriteByte(escaped[i])
			continue
		}
		if i+2 >= len(escaped) {
			return "", false
		}
		raw, err := url.PathUnescape(escaped[i : i+3])
		if err != nil || len(raw) != 1 {
			return "", false
		}
		if unreserved(raw[0]) {
			b.WriteByte(raw[0])
		} else {
			b.WriteString(strings.ToUpper(escaped[i : i+3]))
		}
		i += 2
	}
	return cleanPath(b.String()), true
}

// cleanPath is RFC 3986 section 5.2.4; empty segments stay, as they mean something.
func cleanPath(p string) string {
	if !strings.Contains(p, "/.") {
		if p == "" {
			return "/"
		}
		return p
	}
	clean := path.Clean(p)
	if clean != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
		clean += "/"
	}
	return clean
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func trimSlash(s string) string { return strings.TrimSuffix(s, "/") }
