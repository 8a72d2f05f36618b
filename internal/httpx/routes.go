package httpx

import (
	"cmp"
	"slices"
)

// Route is one line of the edge's table, as Routes lists it.
type Route struct {
	Method, Path string // Path is gin's, below the issuer's path
	Kind         string // "page", "api", "document" or "proxied"
}

// Routes lists everything that is mounted, operations included, in order: what must
// hold for every page, present or future, is tested against this.
func (e *Engine) Routes() []Route {
	out := make([]Route, 0, len(e.routes))
	for _, rt := range e.routes {
		out = append(out, Route{Method: rt.method, Path: rt.path, Kind: rt.guard.kind.String()})
	}
	slices.SortFunc(out, func(a, b Route) int {
		if c := cmp.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return cmp.Compare(a.Method, b.Method)
	})
	return out
}

// String is the guard's name.
func (k guardKind) String() string {
	switch k {
	case kindPage:
		return "page"
	case kindAPI:
		return "api"
	case kindDocument:
		return "document"
	case kindProxied:
		return "proxied"
	case kindNone:
	}
	return "none"
}
