package httpx

import (
	"context"

	"github.com/gin-gonic/gin"
)

// Handler answers a request or returns an error, which the engine writes.
type Handler func(*gin.Context) error

// Router takes a feature's routes. Paths are gin's (":name", "*rest") below the
// issuer's path; "/.well-known/…" is mounted at both places that OpenID Connect
// Discovery §4 and RFC 8414 §3.1 name.
type Router interface {
	Handle(method, path string, g Guard, h Handler)
}

type guardKind int

const (
	kindNone guardKind = iota
	kindPage
	kindAPI
	kindDocument
	kindProxied
)

// Guard is what stands before a route. The zero value is refused at mount.
type Guard struct {
	kind      guardKind
	crossSite bool
	corsAny   bool
	cors      func(ctx context.Context, origin string) bool
	maxBody   int64
	prepared  func() *Prepared
}

// The guards to start from.
var (
	// Page is for screens: strict CSP, no framing, no-store, COOP. A POST must
	// come from the issuer's own origin (403) and be a form (415). HEAD is 405.
	Page = Guard{kind: kindPage}
	// API is for JSON endpoints: no-store, nosniff. Cookies are removed from the
	// request before the handler sees it. HEAD is 405.
	API = Guard{kind: kindAPI}
	// Document is for public, cacheable documents: the handler names its cache
	// life. Cookies are removed. HEAD is served by GET.
	Document = Guard{kind: kindDocument}
	// Proxied is for questions of a trusted proxy about requests to other hosts: everybody else is refused (403). The Host and the body are of the other request, so
	// that neither is looked at; cookies are the other host's, and stay.
	Proxied = Guard{kind: kindProxied}
)

// CORSAny lets scripts of every origin read the answer, never with credentials.
func (g Guard) CORSAny() Guard {
	g.corsAny, g.cors = true, nil
	return g
}

// CORS lets scripts of the origins that allow accepts read the answer, never
// with credentials. The origin "null" is never asked about. A preflight carries
// no parameters, so allow must answer for the origin alone.
func (g Guard) CORS(allow func(ctx context.Context, origin string) bool) Guard {
	g.corsAny, g.cors = false, allow
	return g
}

// MaxBody sets the largest request body in bytes; the default is 64 KiB.
func (g Guard) MaxBody(n int64) Guard {
	g.maxBody = n
	return g
}

// CrossSite lifts the same-origin rule from a Page's POST, for protocol messages
// that other sites' forms deliver (authorization requests, SAML responses). Its
// handler must not act on a cookie.
func (g Guard) CrossSite() Guard {
	g.crossSite = true
	return g
}
