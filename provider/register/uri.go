package register

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const maxURI = 2048 // bytes

// uriRule says what is wrong with a URI, or nothing. raw is what was sent: what a parser makes of it is not what a browser makes of it.
type uriRule func(raw string, u *url.URL) string

// textRules judge the text before anything parses it (AZ02).
func textRules() []uriRule {
	return []uriRule{uriLength, uriCharacters, uriEscapes, uriAbsolute}
}

// redirectRules judge a URI to which people are redirected (RFC 9700 section 2.1, RFC 8252 sections 7 and 8).
func redirectRules() []uriRule {
	return []uriRule{uriFragment, uriWildcard, uriRedirectScheme, uriUserinfo, uriHost, uriPort, uriPath, uriResponseParameters}
}

// pageRules judge a link that people are shown, or an image.
func pageRules() []uriRule {
	return []uriRule{uriHTTPS, uriUserinfo, uriHost, uriPort}
}

// publishedRules judge a URL whose document we fetch ourselves: like a page's, and nothing that is not sent.
func publishedRules() []uriRule {
	return []uriRule{uriHTTPS, uriFragment, uriUserinfo, uriHost, uriPort, uriPath}
}

// resourceRules judge a resource identifier (RFC 8707 section 2).
func resourceRules() []uriRule {
	return []uriRule{uriResourceLength, uriFragment, uriWildcard, uriResourceScheme, uriUserinfo, uriHost, uriPort}
}

// judgeURI applies the rules to a text and, once it is known to be harmless, to what it means.
func judgeURI(raw string, rules []uriRule) string {
	for _, rule := range textRules() {
		if wrong := rule(raw, nil); wrong != "" {
			return wrong
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return "must be an absolute URI"
	}
	for _, rule := range rules {
		if wrong := rule(raw, u); wrong != "" {
			return wrong
		}
	}
	return ""
}

func uriLength(raw string, _ *url.URL) string {
	if raw == "" || len(raw) > maxURI {
		return "must have 1 to 2048 characters"
	}
	return ""
}

// uriResourceLength: every token for the resource carries the identifier, and every event about it.
func uriResourceLength(raw string, _ *url.URL) string {
	if len(raw) > 240 {
		return "must have at most 240 characters"
	}
	return ""
}

// uriCharacters are RFC 3986's: no spaces, controls, backslashes, quotes or letters beyond ASCII (an international host is written as xn--…).
func uriCharacters(raw string, _ *url.URL) string {
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c > '~' || strings.IndexByte("\\\"<>^`{|}", c) >= 0 {
			return "must have none but the characters of RFC 3986: no spaces, control characters or backslashes, and only ASCII"
		}
	}
	return ""
}

// uriEscapes refuses escapes that some reader undoes into a character that ends or redirects the URI.
func uriEscapes(raw string, _ *url.URL) string {
	for rest := raw; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return ""
		}
		if len(after) < 2 {
			return "must have two hexadecimal digits after each %"
		}
		c, err := strconv.ParseUint(after[:2], 16, 8)
		switch {
		case err != nil:
			return "must have two hexadecimal digits after each %"
		case c < ' ' || c == 0x7f || c == '\\':
			return "must not hold an escaped control character or backslash"
		}
		rest = after[2:]
	}
}

func uriAbsolute(raw string, _ *url.URL) string {
	scheme, _, ok := strings.Cut(raw, ":")
	if !ok || scheme == "" || scheme[0] < 'a' || scheme[0] > 'z' {
		return "must be absolute, with its scheme in lower case"
	}
	for _, c := range []byte(scheme) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte("+-.", c) < 0 {
			return "must be absolute, with its scheme in lower case"
		}
	}
	return ""
}

func uriFragment(raw string, _ *url.URL) string {
	if strings.ContainsRune(raw, '#') {
		return "must not have a fragment"
	}
	return ""
}

// uriWildcard refuses what looks like a pattern: URIs are compared byte by byte (AZ03).
func uriWildcard(raw string, _ *url.URL) string {
	if strings.ContainsRune(raw, '*') || strings.Contains(strings.ToLower(raw), "%2a") {
		return "must not have a wildcard; it is compared as it stands"
	}
	return ""
}

// uriRedirectScheme allows https, http on this machine only (RFC 8252 section 7.3), and private-use schemes, which have a dot (section 7.1).
// Everything else is refused, javascript:, data:, vbscript:, file: and blob: among it (DR02).
func uriRedirectScheme(_ string, u *url.URL) string {
	switch {
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http":
		if slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname()) {
			return ""
		}
		return "must be https, or http on 127.0.0.1, [::1] or localhost"
	case !privateUse(u.Scheme):
		return "must be https, http on 127.0.0.1, [::1] or localhost, or have a private-use scheme with a dot such as com.example.app"
	case u.Opaque != "":
		return "must have a slash after its private-use scheme"
	}
	return ""
}

// privateUse reports whether a scheme is a reversed domain name.
func privateUse(scheme string) bool {
	labels := strings.Split(scheme, ".")
	return len(labels) > 1 && !slices.Contains(labels, "")
}

func uriHTTPS(_ string, u *url.URL) string {
	if u.Scheme != "https" {
		return "must be an https URL"
	}
	return ""
}

// uriResourceScheme allows URLs of APIs and names (urn:…); a scheme that browsers run or read files with is no resource.
func uriResourceScheme(_ string, u *url.URL) string {
	if slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, u.Scheme) {
		return "must have a scheme that names a resource, such as https or urn"
	}
	return ""
}

func uriUserinfo(raw string, u *url.URL) string {
	if u.User != nil || strings.ContainsRune(authority(raw), '@') {
		return "must not hold a user name or password"
	}
	return ""
}

// authority is what stands between // and the path, unparsed.
func authority(raw string) string {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// uriHost wants one spelling of a host that browsers and parsers read alike.
func uriHost(raw string, u *url.URL) string {
	host := authority(raw)
	switch {
	case host == "" && (u.Scheme == "https" || u.Scheme == "http"):
		return "must have a host"
	case host == "":
		return ""
	case strings.ContainsRune(host, '%'):
		return "must not have an escaped host"
	case strings.HasPrefix(host, "["):
		return ipv6Host(u.Hostname())
	case endsInNumber(u.Hostname()):
		return ipv4Host(u.Hostname())
	}
	return nameHost(u.Hostname())
}

func ipv6Host(host string) string {
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Is6() || ip.Is4In6() || ip.IsUnspecified() || ip.String() != host {
		return "must have its IPv6 address in the canonical form of RFC 5952, not a mapped IPv4 address"
	}
	return ""
}

// endsInNumber is the URL standard's test: such a host is read as an IPv4 address, in octal, hexadecimal or as one number too.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.HasPrefix(last, "0x") {
		return true
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

func ipv4Host(host string) string {
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Is4() || ip.IsUnspecified() || ip.String() != host {
		return "must have its IPv4 address as four decimal numbers"
	}
	return ""
}

// nameHost is a DNS name in lower case without a dot at its end; an xn-- label must be one that IDNA allows.
func nameHost(host string) string {
	const rule = "must have a host name in lower case, of letters, digits and dashes (an international one as xn--…)"
	if len(host) > 253 {
		return rule
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return rule
		}
		if strings.HasPrefix(label, "xn--") {
			if ascii, err := idna.Lookup.ToASCII(label); err != nil || ascii != label {
				return rule
			}
		}
	}
	return ""
}

func uriPort(raw string, u *url.URL) string {
	host, port := authority(raw), u.Port()
	if port == "" && !strings.HasSuffix(host, ":") {
		return ""
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "must have a port from 1 to 65535, or none"
	}
	return ""
}

// uriPath refuses dot segments: browsers remove them after the comparison.
func uriPath(_ string, u *url.URL) string {
	path := strings.ToLower(u.EscapedPath())
	for segment := range strings.SplitSeq(strings.ReplaceAll(path, "%2e", "."), "/") {
		if segment == "." || segment == ".." {
			return "must not have the path segments . or .."
		}
	}
	if strings.Contains(path, "%2f") {
		return "must not have an escaped slash in its path"
	}
	return ""
}

// uriResponseParameters keeps the response's own parameters unambiguous.
func uriResponseParameters(_ string, u *url.URL) string {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "must have a well-formed query"
	}
	for _, name := range []string{
		"code", "state", "iss", "error", "error_description", "error_uri", "id_token", "access_token", "token_type", "expires_in", "scope",
		"session_state", "response",
	} {
		if query.Has(name) {
			return "must not have a query parameter that the response itself uses"
		}
	}
	return ""
}
