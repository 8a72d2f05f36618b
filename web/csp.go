package web

import (
	"net/url"
	"slices"
	"strings"
)

// policy is the Content-Security-Policy of a page.
func policy(s spec) string {
	action := "'self'"
	switch {
	case s.onlyAction:
		action = s.action
	case s.action != "" && !strings.ContainsFunc(s.action, breaksSource):
		action += " " + s.action
	}
	scripts, framed, styles, asked := s.challenge.sources()
	frames := ""
	if len(s.frames) > 0 || framed != "" {
		frames = "frame-src " + strings.TrimSpace(strings.Join(slices.Compact(slices.Sorted(slices.Values(s.frames))), " ")+framed) + "; "
	}
	connect := ""
	if s.passkeys || asked != "" {
		connect = "connect-src 'self'" + asked + "; "
	}
	return "default-src 'none'; style-src 'self'" + styles + "; script-src 'self'" + scripts + "; img-src 'self'; font-src 'self'; " + connect + frames +
		"form-action " + action + "; frame-ancestors 'none'; base-uri 'none'"
}

// FormActionSource is the origin of a validated redirect URI, or the scheme of a private-use one, as a
// form-action source for LoginPage, AccountPage, ConsentPage and LogoutPage: Chromium applies form-action to
// the redirects that follow a POST. It is empty when the URI gives no source that is safe in a header.
// IPv6 literals have no form in CSP, so they are allowed by scheme.
func FormActionSource(redirectURI string) string {
	scheme, host, _ := splitURI(redirectURI)
	switch {
	case scheme == "":
		return ""
	case scheme != "http" && scheme != "https", strings.HasPrefix(host, "["):
		return scheme + ":"
	}
	return scheme + "://" + host
}

// exactSource allows the URI's origin and path and nothing else; CSP has no form for a query.
func exactSource(uri string) string {
	scheme, host, path := splitURI(uri)
	if scheme != "http" && scheme != "https" {
		return ""
	}
	if strings.HasPrefix(host, "[") {
		return scheme + ":"
	}
	return scheme + "://" + host + path
}

// splitURI takes a URI apart for a CSP source. All parts are empty when one of them would change the meaning of
// the header: user info, a wildcard or a non-ASCII host.
func splitURI(uri string) (scheme, host, path string) {
	u, err := url.Parse(uri)
	if err != nil || u.User != nil || u.Scheme == "" || strings.ContainsFunc(uri, isControl) {
		return "", "", ""
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return privateScheme(u.Scheme), "", ""
	}
	if u.Host == "" || strings.ContainsFunc(u.Host, func(c rune) bool { return !plainByte(c) && !strings.ContainsRune("[]:", c) }) {
		return "", "", ""
	}
	path = u.EscapedPath()
	return u.Scheme, u.Host, separators.Replace(path)
}

// separators would end a source or a directive.
var separators = strings.NewReplacer(";", "%3B", ",", "%2C", "'", "%27")

// privateScheme keeps RFC 8252 section 7.1 schemes, which have a dot; never javascript, data and their kin.
func privateScheme(scheme string) string {
	if !strings.Contains(scheme, ".") {
		return ""
	}
	return scheme
}

// breaksSource finds what would end a source, a directive or the policy.
func breaksSource(c rune) bool { return isControl(c) || c > '~' || strings.ContainsRune(`;,'"`, c) }

func isControl(r rune) bool { return r <= ' ' || r == 0x7f }
