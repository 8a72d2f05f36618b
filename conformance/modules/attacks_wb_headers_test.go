package modules

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// routes is everything that the server answers, so that no page can be forgotten.
func (w *world) routes() []httpx.Route {
	w.t.Helper()
	all, err := w.App.Routes()
	w.must(err)
	if len(all) < 30 {
		w.t.Fatalf("only %d routes", len(all))
	}
	for i := range all {
		all[i].Path = regexp.MustCompile(`[:*][a-z_]+`).ReplaceAllString(all[i].Path, "nothing")
	}
	return all
}

// paths is every path of the given kinds, none for all.
func (w *world) paths(kinds ...string) []string {
	w.t.Helper()
	found := map[string]bool{}
	for _, r := range w.routes() {
		if len(kinds) == 0 || slices.Contains(kinds, r.Kind) {
			found[r.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// touch sends what gets as far as a handler, to every path there is.
func (w *world) touch(b *testkit.Browser, visit func(name string, a *testkit.Answer)) {
	w.t.Helper()
	for _, path := range w.paths() {
		for _, query := range []string{"", "?flow=nonsense", "?token=nonsense&client_id=nobody"} {
			visit("GET "+path+query, b.Raw(http.MethodGet, path+query, "", "Accept", "text/html,*/*;q=0.8"))
		}
		for kind, body := range map[string]string{testkit.FormType: "a=1&flow=nonsense", "application/json": "{}"} {
			visit("POST "+path+" as "+kind, b.Raw(http.MethodPost, path, body, "Accept", "text/html,*/*;q=0.8", "Content-Type", kind, "Origin", w.URL))
		}
	}
}

// sweep sends good and bad requests to every path there is, and to some that there are not.
func (w *world) sweep(b *testkit.Browser, visit func(name string, a *testkit.Answer)) {
	w.t.Helper()
	const accept, page = "Accept", "text/html,*/*;q=0.8"
	for _, path := range append(w.paths(), "/nothing/here", "/oauth2/nothing", "/.well-known/nothing", "/login/nothing", "/a%00b", "//evil.test/", "/%2e%2e/etc") {
		for _, query := range []string{"", "?flow=nonsense", "?token=nonsense&client_id=nobody", "?a=1&a=2", "?a=" + strings.Repeat("x", 17<<10)} {
			visit("GET "+path+query[:min(len(query), 20)], b.Raw(http.MethodGet, path+query, "", accept, page))
		}
		for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "PROPFIND"} {
			visit(method+" "+path, b.Raw(method, path, "", accept, page))
		}
		for name, post := range map[string][]string{
			"a form":         {"a=1&flow=nonsense", testkit.FormType, w.URL},
			"a foreign form": {"a=1&flow=nonsense", testkit.FormType, "https://evil.test"},
			"no origin":      {"a=1", testkit.FormType, ""},
			"a double field": {"a=1&a=2", testkit.FormType, w.URL},
			"JSON":           {"{}", "application/json", w.URL},
			"nothing":        {"", testkit.FormType, w.URL},
			"a large body":   {strings.Repeat("x", 100<<10), testkit.FormType, w.URL},
		} {
			header := []string{accept, page, "Content-Type", post[1]}
			if post[2] != "" {
				header = append(header, "Origin", post[2])
			}
			visit("POST "+path+" with "+name, b.Raw(http.MethodPost, path, post[0], header...))
		}
	}
}

// protected wants the full header set on an HTML answer, and no code in its body.
func (w *world) protected(name string, a *testkit.Answer) {
	w.t.Helper()
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
	}
	if strings.HasPrefix(w.URL, "https://") {
		want["Strict-Transport-Security"] = "max-age=31536000"
	}
	for header, value := range want {
		if got := a.Header.Values(header); len(got) != 1 || got[0] != value {
			w.t.Errorf("%s (%d): %s is %q, want %q", name, a.Status, header, got, value)
		}
	}
	if len(a.Header.Values("Content-Security-Policy")) != 1 {
		w.t.Errorf("%s (%d): %d policies", name, a.Status, len(a.Header.Values("Content-Security-Policy")))
	}
	for directiveName, allowed := range map[string][]string{
		"default-src": {"'none'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "base-uri": {"'none'"}, "frame-ancestors": {"'none'"},
	} {
		if sources, _ := directive(a, directiveName); !slices.Equal(sources, allowed) {
			w.t.Errorf("%s (%d): %s %v", name, a.Status, directiveName, sources)
		}
	}
	if sources, ok := directive(a, "form-action"); !ok || len(sources) == 0 || slices.Contains(sources, "*") {
		w.t.Errorf("%s (%d): form-action %v", name, a.Status, sources)
	}
	if strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
		w.t.Errorf("%s (%d): %s", name, a.Status, a.Header.Get("Content-Security-Policy"))
	}
	w.codeless(name, a)
}

// codeless wants no code inside a page: scripts and styles are files, and nothing else runs.
func (w *world) codeless(name string, a *testkit.Answer) {
	w.t.Helper()
	w.elements(a.Body, func(n *html.Node) {
		if n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil) || n.Data == "style" {
			w.t.Errorf("%s: inline %s", name, n.Data)
		}
		for _, at := range n.Attr {
			value := strings.ToLower(strings.Join(strings.Fields(at.Val), ""))
			if strings.HasPrefix(at.Key, "on") || at.Key == "style" || at.Key != "value" && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:")) {
				w.t.Errorf("%s: <%s %s=%.40q>", name, n.Data, at.Key, at.Val)
			}
		}
	})
}

func isPage(a *testkit.Answer) bool {
	return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
}

// WB01: every HTML answer of every route has the full set of headers, whatever its status.
func TestWB01_Headers(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, cheap, free))
	seen := map[int]int{}
	shown := map[string]bool{}
	visit := func(name string, a *testkit.Answer) {
		if isPage(a) {
			seen[a.Status]++
			shown[strings.Fields(name)[1]] = true
			w.protected(name, a)
		} else if a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || a.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s (%d): %v", name, a.Status, a.Header)
		}
	}
	for name, a := range w.screens() {
		visit("GET "+name, a)
	}
	w.sweep(w.Browser(), visit)
	in := w.Browser()
	w.in(guess(in, w.email, testkit.Password))
	w.sweep(in, visit)
	for _, broken := range []string{"clients", "people", "sessions", "setup_links"} {
		w.without(broken, func() { w.sweep(in, visit) })
	}
	for _, status := range []int{200, 400, 403, 404, 405, 413, 415, 500} {
		if seen[status] == 0 {
			t.Errorf("no page with status %d was seen: %v", status, seen)
		}
	}
	for _, path := range w.paths("page") {
		if !shown[path] && path != "/.well-known/change-password" { // which only leads to one
			t.Errorf("no page of %s was seen", path)
		}
	}
}

// without hides a table while do runs, so that statements fail.
func (w *world) without(table string, do func()) {
	w.t.Helper()
	rename := func(from, to string) {
		_, err := w.App.DB.SQL().ExecContext(context.Background(), "ALTER TABLE "+from+" RENAME TO "+to)
		w.must(err)
	}
	rename(table, table+"_away")
	defer rename(table+"_away", table)
	do()
}

// WB01: a database that is gone altogether.
func TestWB01_HeadersWithoutADatabase(t *testing.T) {
	t.Parallel() // background work waits a while for its database before it gives up
	w := newWorld(t, testkit.StartTLS(t, cheap))
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	_ = w.App.DB.Close() // closing it again at the end is no error
	seen := map[int]int{}
	w.sweep(b, func(name string, a *testkit.Answer) {
		if isPage(a) {
			seen[a.Status]++
			w.protected(name, a)
			if a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
				t.Errorf("%s: 503 without Retry-After", name)
			}
		}
	})
	if seen[http.StatusServiceUnavailable] == 0 {
		t.Errorf("no 503 was seen: %v", seen)
	}
}
