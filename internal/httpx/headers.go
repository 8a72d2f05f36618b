package httpx

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// header is one prepared response header: the slice is shared by all responses,
// so that a guard costs no allocation.
type header struct {
	name  string
	value []string
}

// cspBase has no inline code, no foreign source and no frame in either direction.
const cspBase = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "

const cspNothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func one(name, value string) header { return header{name, []string{value}} }

// guardHeaders are what every answer of a guard carries, errors included. Pages are what browsers show: they say everything, twice where old
// browsers listen elsewhere. For machines, whose answers run nothing, lead nowhere and are framed by nobody (cspNothing), the shortest list that
// holds keeps a response's header map small.
func (e *Engine) guardHeaders(g Guard) []header {
	hs := []header{one("X-Content-Type-Options", "nosniff")}
	if e.secure {
		hs = append(hs, one("Strict-Transport-Security", "max-age=31536000"))
	}
	switch g.kind {
	case kindPage:
		hs = append(hs, one("Content-Security-Policy", cspBase+"'self'"), one("Cache-Control", "no-store"),
			one("Referrer-Policy", "no-referrer"), one("X-Frame-Options", "DENY"),
			one("Cross-Origin-Opener-Policy", "same-origin"), one("Cross-Origin-Resource-Policy", "same-origin"))
	case kindAPI, kindProxied:
		hs = append(hs, one("Content-Security-Policy", cspNothing), one("Cache-Control", "no-store"), one("Pragma", "no-cache"))
	case kindDocument:
		hs = append(hs, one("Content-Security-Policy", cspNothing), one("Cache-Control", "public, max-age=300"))
	case kindNone:
	}
	return append(hs, corsHeaders(g)...)
}

func (e *Engine) writeHeaders(c *gin.Context, rt *route) {
	h := c.Writer.Header()
	for _, hd := range rt.headers {
		h[hd.name] = hd.value
	}
	if r := c.Request; e.draining.Load() || len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) {
		// net/http hides whether a Content-Length came with a Transfer-Encoding, and whether HTTP/1.0 came with one at all, and then nothing may
		// follow on this connection (RFC 9112 §6.1): requests hide there.
		h.Set("Connection", "close")
	}
}

// SetFormAction names where the forms of this page may lead, instead of 'self'
// alone: Chromium applies form-action to the redirect after a POST as well.
// Sources are "'self'", or what OriginSource and URISource make.
func SetFormAction(c *gin.Context, sources ...string) error {
	for _, s := range sources {
		if s != "'self'" && (s == "" || strings.ContainsAny(s, "'\";,* \t\r\n") || !printableASCII(s)) {
			return errs.Wrap(errs.Internal, "", errors.New("httpx: not a form-action source"))
		}
	}
	if len(sources) == 0 {
		sources = []string{"'none'"}
	}
	c.Header("Content-Security-Policy", cspBase+strings.Join(sources, " "))
	return nil
}

// OriginSource is the CSP source for a redirect URI's origin, or its scheme where
// CSP has no way to write the host: private-use schemes, and IPv6 literals.
func OriginSource(uri *url.URL) string {
	web := uri.Scheme == "http" || uri.Scheme == "https"
	if !web || uri.Host == "" || strings.Contains(uri.Host, "[") {
		return strings.ToLower(uri.Scheme) + ":"
	}
	return strings.ToLower(uri.Scheme + "://" + uri.Host)
}

// URISource is the CSP source for exactly this URI, as far as CSP can say it:
// without query, and the origin alone where the path has a character of CSP's own.
func URISource(uri *url.URL) string {
	origin, path := OriginSource(uri), uri.EscapedPath()
	if strings.HasSuffix(origin, ":") || strings.ContainsAny(path, "'\";,* ") {
		return origin
	}
	return origin + path
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
