package httpx

import (
	"slices"
	"testing"
)

func TestRoutesListsWhatIsMounted(t *testing.T) {
	w := newWorld(t, "http://id.test/base", nil, func(r Router) {
		r.Handle("POST", "/mine", Page, text("x"))
		r.Handle("GET", "/.well-known/mine", Document, text("x"))
	})
	routes := w.Routes()
	for _, want := range []Route{
		{"POST", "/base/mine", "page"}, {"GET", "/base/.well-known/mine", "document"}, {"HEAD", "/base/.well-known/mine", "document"},
		{"GET", "/.well-known/mine/base", "document"}, {"GET", "/health/live", "api"}, {"GET", "/metrics", "api"},
	} {
		if !slices.Contains(routes, want) {
			t.Errorf("%+v is missing in %+v", want, routes)
		}
	}
}
