package httpx

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// corsAllowHeaders are the request headers that protocol endpoints read.
const corsAllowHeaders = "Authorization, Content-Type, DPoP"

func (g Guard) hasCORS() bool { return g.corsAny || g.cors != nil }

// corsHeaders are the part that does not depend on the request. An answer that
// does depend on Origin says so whether or not the request has one, so that no
// cache hands one origin's answer to another.
func corsHeaders(g Guard) []header {
	switch {
	case g.corsAny:
		return []header{one("Access-Control-Allow-Origin", "*")}
	case g.cors != nil:
		return []header{one("Vary", "Origin")}
	}
	return nil
}

// allowOrigin asks the guard about the request's origin.
func (g Guard) allowOrigin(c *gin.Context) {
	if g.cors == nil {
		return
	}
	origins := c.Request.Header["Origin"]
	if len(origins) != 1 || origins[0] == "" || origins[0] == "null" {
		return
	}
	if g.cors(c.Request.Context(), origins[0]) {
		c.Header("Access-Control-Allow-Origin", origins[0])
		c.Header("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After")
	}
}

// preflights makes one OPTIONS route for each path that has CORS on a method.
func (e *Engine) preflights() []*route {
	byPath := map[string][]*route{}
	own := map[string]bool{}
	for _, rt := range e.routes {
		byPath[rt.path] = append(byPath[rt.path], rt)
		own[rt.path] = own[rt.path] || rt.method == http.MethodOptions
	}
	var out []*route
	for path, routes := range byPath {
		if own[path] || !slices.ContainsFunc(routes, func(rt *route) bool { return rt.guard.hasCORS() }) {
			continue
		}
		out = append(out, &route{method: http.MethodOptions, path: path, guard: API, headers: e.guardHeaders(API), handler: preflight(routes)})
	}
	return out
}

// preflight answers OPTIONS for the routes of one path: with permissions only
// when the asked method has CORS and its guard accepts the origin.
func preflight(routes []*route) Handler {
	methods := []string{http.MethodOptions}
	for _, rt := range routes {
		methods = append(methods, rt.method)
	}
	slices.Sort(methods)
	allow := strings.Join(slices.Compact(methods), ", ")
	return func(c *gin.Context) error {
		h := c.Writer.Header()
		h.Set("Allow", allow)
		h.Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		asked := c.GetHeader("Access-Control-Request-Method")
		for _, rt := range routes {
			if rt.method == asked {
				rt.guard.permit(c, allow)
			}
		}
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
		return nil
	}
}

func (g Guard) permit(c *gin.Context, methods string) {
	if g.corsAny {
		c.Header("Access-Control-Allow-Origin", "*")
	}
	g.allowOrigin(c)
	h := c.Writer.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		return
	}
	h.Del("Access-Control-Expose-Headers")
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", corsAllowHeaders)
	h.Set("Access-Control-Max-Age", "600")
}
