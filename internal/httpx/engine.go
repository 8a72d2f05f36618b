package httpx

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// ErrorWriter turns a failure into a page. err is the public side only
// (errs.Public): it has no cause. The status is already set on c.
type ErrorWriter interface {
	WriteError(c *gin.Context, err error, id string)
}

// Observer counts finished requests. route is the route's template, never the
// path; it is empty for what no route answers.
type Observer interface {
	ObserveRequest(route, method string, status int, took time.Duration)
}

// RouteObserver is an Observer that finds what it counts for a route once instead of at each request.
type RouteObserver interface {
	Observer
	// ForRoute returns ObserveRequest for one route and method.
	ForRoute(route, method string) func(status int, took time.Duration)
}

// Config is what the edge needs to know. Issuer and Logger are required.
type Config struct {
	// Issuer is the one origin and base path that is answered for.
	Issuer *url.URL
	// Alias is another origin at which the machines' endpoints are reached, such as the host for mutual TLS (RFC 8705 section 5); nil is none. Screens
	// are never shown there.
	Alias *url.URL
	// TrustedProxies are the peers whose X-Forwarded-* and X-Request-Id count.
	TrustedProxies []netip.Prefix
	// Pages writes HTML errors; nil writes a plain built-in page.
	Pages ErrorWriter
	// Protocol may write an error in the protocol's own form and say so by true.
	Protocol func(c *gin.Context, err error) bool
	// Logger takes the access log and failures.
	Logger *slog.Logger
	// AccessLog writes a line for every request; failures are logged regardless.
	AccessLog bool
	// LogClientIP adds the client's address to the access log: personal data.
	LogClientIP bool
	// Gate, if there is one, lets a request in or refuses it by an error, before anything else is done with it. Health checks pass it by.
	Gate func(c *gin.Context) error
	// Door says, without a context and within a microsecond, that Gate would let a peer in: then a prepared document is answered without asking Gate. nil: always.
	Door func(r *http.Request) bool
	// Observer may be nil.
	Observer Observer
	// Checks are what /health/ready asks.
	Checks []Check
	// Metrics is what /metrics answers loopback peers with; nil is 404.
	Metrics http.Handler
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Engine is the whole edge of one issuer. It is a Router until Handler is called.
type Engine struct {
	cfg      Config
	base     string // the issuer's path without a trailing slash
	origin   string // scheme://host as browsers serialise it
	host     string // canonical host[:port]
	alias    string // canonical host[:port] of the alias, or ""
	loopback bool   // the issuer is a loopback name
	secure   bool   // the issuer is https
	routes   []*route
	prepared map[string]*route // GET routes of prepared documents
	gin      *gin.Engine
	ready    *readiness
	draining atomic.Bool
	mistakes []error
}

type route struct {
	method, path string
	guard        Guard
	headers      []header
	handler      Handler
	exempt       bool                                 // operations: answers for every Host
	observe      func(status int, took time.Duration) // nil: ask the observer at each request
}

// New makes an engine, or says what is wrong with its configuration.
func New(cfg Config) (*Engine, error) {
	if cfg.Issuer == nil || cfg.Logger == nil {
		return nil, errors.New("httpx: an issuer and a logger are required")
	}
	host, err := canonicalHost(cfg.Issuer.Host, cfg.Issuer.Scheme)
	if err != nil {
		return nil, fmt.Errorf("httpx: issuer: %w", err)
	}
	alias, err := aliasHost(cfg.Alias)
	if err != nil {
		return nil, fmt.Errorf("httpx: alias: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	e := &Engine{
		cfg: cfg, prepared: map[string]*route{}, host: host, alias: alias, secure: cfg.Issuer.Scheme == "https", loopback: isLoopbackHost(host),
	}
	e.origin = cfg.Issuer.Scheme + "://" + host
	e.base = trimSlash(cfg.Issuer.EscapedPath())
	e.ready = &readiness{checks: cfg.Checks, now: cfg.Now, logger: cfg.Logger}
	e.mountOperations()
	return e, nil
}

func aliasHost(u *url.URL) (string, error) {
	if u == nil {
		return "", nil
	}
	return canonicalHost(u.Host, u.Scheme)
}

// Handle mounts a route. Mistakes are reported by Handler, all at once.
func (e *Engine) Handle(method, path string, g Guard, h Handler) {
	if g.prepared != nil && h == nil {
		h = func(c *gin.Context) error {
			_, err := g.prepared().serve(c.Writer, c.Request)
			return err
		}
	}
	if g.kind == kindNone || h == nil || method == "" {
		e.mistakes = append(e.mistakes, fmt.Errorf("httpx: %s %s: a guard, a method and a handler are required", method, path))
		return
	}
	for _, p := range e.places(path) {
		e.add(method, p, g, h)
	}
}

func (e *Engine) add(method, path string, g Guard, h Handler) {
	e.routes = append(e.routes, &route{method: method, path: path, guard: g, handler: h, headers: e.guardHeaders(g)})
	if g.kind == kindDocument && method == http.MethodGet {
		e.routes = append(e.routes, &route{method: http.MethodHead, path: path, guard: g, handler: h, headers: e.guardHeaders(g)})
	}
}

// Handler is the finished edge. The engine takes no more routes after it.
func (e *Engine) Handler() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	e.gin = gin.New()
	e.gin.RedirectTrailingSlash, e.gin.RedirectFixedPath = false, false
	e.gin.HandleMethodNotAllowed, e.gin.ForwardedByClientIP = true, false
	e.gin.UseRawPath, e.gin.UnescapePathValues = true, true
	if err := e.gin.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("httpx: %w", err)
	}
	for _, rt := range append(e.routes, e.preflights()...) {
		if err := e.register(rt); err != nil {
			e.mistakes = append(e.mistakes, err)
		}
	}
	e.gin.NoRoute(e.unrouted(errs.New(errs.NotFound, "")))
	e.gin.NoMethod(e.unrouted(errs.New(errs.MethodNotAllowed, "")))
	if len(e.mistakes) > 0 {
		return nil, errors.Join(e.mistakes...)
	}
	return http.HandlerFunc(e.entry), nil
}

// register turns gin's panics about conflicting routes into errors.
func (e *Engine) register(rt *route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("httpx: %s %s: %v", rt.method, rt.path, p)
		}
	}()
	if o, ok := e.cfg.Observer.(RouteObserver); ok {
		rt.observe = o.ForRoute(rt.path, rt.method)
	}
	if rt.shortens() && (rt.observe != nil || e.cfg.Observer == nil) {
		e.prepared[rt.path] = rt
	}
	e.gin.Handle(rt.method, rt.path, func(c *gin.Context) { e.serve(c, rt) })
	return nil
}

func (e *Engine) unrouted(answer *errs.Error) gin.HandlerFunc {
	deny := func(*gin.Context) error { return answer }
	page := &route{guard: Page, handler: deny, headers: e.guardHeaders(Page)}
	machine := &route{guard: API, handler: deny, headers: e.guardHeaders(API)}
	page.guard.crossSite = true // nothing is there to protect: 404 and 405 say so to everyone
	return func(c *gin.Context) {
		if wantsPage(c.Request, e.base) {
			e.serve(c, page)
			return
		}
		e.serve(c, machine)
	}
}

// Drain makes /health/ready fail and asks clients to leave after their next
// answer; requests are still served.
func (e *Engine) Drain() { e.draining.Store(true) }
