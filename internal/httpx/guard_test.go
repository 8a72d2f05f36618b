package httpx

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// WB01, AZ30, AZ31: every page, errors included, carries the whole set.
func TestPageHeadersOnEveryAnswer(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/boom", Page, func(*gin.Context) error { panic("boom") })
		r.Handle("GET", "/fails", Page, failing(errors.New("x")))
	})
	for name, resp := range map[string]*http.Response{
		"page": w.ask("GET", "/page", ""), "panic": w.ask("GET", "/boom", ""), "500": w.ask("GET", "/fails", ""),
		"404": w.ask("GET", "/none", "", "Accept: text/html"), "405": w.ask("DELETE", "/page", "", "Accept: text/html"),
		"403": w.ask("POST", "/page", "a=1", formType, "Origin: https://evil.test"), "415": w.ask("POST", "/page", "{}", "Content-Type: application/json", fromUs),
		"421": w.ask("GET", "https://evil.test/page", ""),
	} {
		csp := resp.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: CSP lacks %s: %q", name, part, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http:") {
			t.Errorf("%s: CSP allows too much: %q", name, csp)
		}
		for header, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000"} {
			if got := resp.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
	}
}

func TestMachineHeaders(t *testing.T) {
	w := newWorld(t, "http://localhost:8080", nil, nil)
	api := w.ask("POST", "/oauth2/token", "a=1", formType)
	doc := w.ask("GET", "/doc", "")
	for name, resp := range map[string]*http.Response{"api": api, "doc": doc} {
		if got := resp.Header.Get("Content-Security-Policy"); got != cspNothing {
			t.Errorf("%s: CSP %q", name, got)
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", name, resp.Header)
		}
	}
	if api.Header.Get("Cache-Control") != "no-store" || api.Header.Get("Pragma") != "no-cache" {
		t.Errorf("api may be cached: %v", api.Header)
	}
	if doc.Header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("doc: %v", doc.Header)
	}
}

// A map of more than eight entries costs an answer several microseconds; its handler adds type and length, a document's its ETag.
func TestMachineHeadersFitInASmallMap(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for name, c := range map[string]struct {
		g    Guard
		adds int
	}{
		"api": {API, 2}, "api with CORS": {API.CORS(func(context.Context, string) bool { return true }), 2}, "document": {Document.CORSAny(), 3},
	} {
		if n := len(w.guardHeaders(c.g)) + c.adds; n > 8 {
			t.Errorf("%s: %d headers", name, n)
		}
	}
}

func TestDocumentErrorsAreNotCached(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) { r.Handle("GET", "/gone", Document, failing(errs.New(errs.NotFound, ""))) })
	resp := w.ask("GET", "/gone", "")
	wantStatus(t, resp, 404)
	if resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an error may be cached: %v", resp.Header)
	}
}

// SE02: a page's POST comes from the issuer's own pages.
func TestPagePostMustBeSameOrigin(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"own origin":                 {[]string{fromUs}, 200},
		"browser says same origin":   {[]string{"Sec-Fetch-Site: same-origin", "Origin: null"}, 200},
		"both":                       {[]string{"Sec-Fetch-Site: same-origin", fromUs}, 200},
		"nothing":                    {nil, 403},
		"null without fetch headers": {[]string{"Origin: null"}, 403},
		"foreign":                    {[]string{"Origin: https://evil.test"}, 403},
		"prefix":                     {[]string{"Origin: https://id.test.evil"}, 403},
		"other scheme":               {[]string{"Origin: http://id.test"}, 403},
		"other port":                 {[]string{"Origin: https://id.test:444"}, 403},
		"cross-site":                 {[]string{"Sec-Fetch-Site: cross-site", fromUs}, 403},
		"same-site is not enough":    {[]string{"Sec-Fetch-Site: same-site", fromUs}, 403},
		"none":                       {[]string{"Sec-Fetch-Site: none"}, 403},
		"contradiction":              {[]string{"Sec-Fetch-Site: same-origin", "Origin: https://evil.test"}, 403},
		"two origins":                {[]string{fromUs, fromUs}, 403},
		"two sites":                  {[]string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}, 403},
		"referer alone":              {[]string{"Referer: https://id.test/page"}, 403},
	} {
		resp := w.ask("POST", "/page", "a=1", append(c.headers, formType)...)
		if resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, c.status)
		}
	}
}

func TestCrossSiteGuardTakesForeignForms(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("POST", "/oauth2/authorize", Page.CrossSite(), text("ok"))
		r.Handle("PUT", "/page", Page, text("put"))
	})
	wantStatus(t, w.ask("POST", "/oauth2/authorize", "a=1", formType, "Origin: https://rp.test", "Sec-Fetch-Site: cross-site"), 200)
	wantStatus(t, w.ask("POST", "/oauth2/authorize", "{}", "Content-Type: application/json"), 415)
	wantStatus(t, w.ask("PUT", "/page", "", "Origin: https://evil.test"), 403)
}

// AZ32: no HEAD runs a handler with effects; other methods are 405 with Allow.
func TestMethods(t *testing.T) {
	ran := false
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/oauth2/authorize", Page, func(*gin.Context) error { ran = true; return nil })
		r.Handle("POST", "/oauth2/authorize", Page.CrossSite(), func(*gin.Context) error { ran = true; return nil })
		r.Handle("HEAD", "/own", Page, text(""))
		r.Handle("GET", "/own", Page, text(""))
	})
	for _, method := range []string{"HEAD", "PUT", "TRACE", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW"} {
		resp := w.ask(method, "/oauth2/authorize", "")
		wantStatus(t, resp, 405)
		if allow := resp.Header.Get("Allow"); allow != "GET, POST" && allow != "POST, GET" {
			t.Errorf("%s: Allow is %q", method, allow)
		}
		if ran {
			t.Fatalf("%s ran the handler", method)
		}
	}
	wantStatus(t, w.ask("POST", "/oauth2/authorize", "{}", "Content-Type: application/json"), 415)
	wantStatus(t, w.ask("HEAD", "/oauth2/token", ""), 405)
	wantStatus(t, w.ask("HEAD", "/doc", ""), 200)
	wantStatus(t, w.ask("HEAD", "/own", ""), 200)
}

// WB05, AZ20: permissions only for the origins and paths that have them, and never
// with credentials.
func TestCORS(t *testing.T) {
	asked := []string{}
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/jwks", Document.CORSAny(), text("{}"))
		r.Handle("POST", "/token", API.CORS(func(_ context.Context, origin string) bool {
			asked = append(asked, origin)
			return origin == "https://app.test"
		}), text("{}"))
		r.Handle("GET", "/token", API, text("{}"))
	})
	cases := []struct {
		method, path, origin, want string
	}{
		{"GET", "/jwks", "https://anyone.test", "*"}, {"GET", "/jwks", "", "*"}, {"GET", "/jwks", "null", "*"},
		{"POST", "/token", "https://app.test", "https://app.test"},
		{"POST", "/token", "https://evil-app.test", ""}, {"POST", "/token", "https://app.test.evil", ""}, {"POST", "/token", "null", ""},
		{"POST", "/token", "", ""}, {"GET", "/token", "https://app.test", ""}, {"GET", "/page", "https://app.test", ""}, {"GET", "/none", "https://app.test", ""},
	}
	for _, c := range cases {
		headers := []string{}
		if c.origin != "" {
			headers = append(headers, "Origin: "+c.origin)
		}
		resp := w.ask(c.method, c.path, "", headers...)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != c.want {
			t.Errorf("%s %s from %q: got %q, want %q", c.method, c.path, c.origin, got, c.want)
		}
		if resp.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: credentials", c.method, c.path)
		}
	}
	if resp := w.ask("POST", "/token", ""); resp.Header.Get("Vary") != "Origin" {
		t.Error("an answer that depends on Origin must say so even without one")
	}
	resp := w.ask("POST", "/token", "", "Origin: https://app.test", "Origin: https://evil.test")
	if resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("two origins were accepted")
	}
	for _, origin := range asked {
		if origin == "null" || origin == "" {
			t.Errorf("the guard was asked about %q", origin)
		}
	}
}

func TestPreflight(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("POST", "/token", API.CORS(func(_ context.Context, origin string) bool { return origin == "https://app.test" }), text("{}"))
		r.Handle("GET", "/token", API, text("{}"))
		r.Handle("GET", "/jwks", Document.CORSAny(), text("{}"))
	})
	resp := w.ask("OPTIONS", "/token", "", "Origin: https://app.test", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: dpop")
	wantStatus(t, resp, 204)
	if resp.Header.Get("Access-Control-Allow-Origin") != "https://app.test" || !strings.Contains(resp.Header.Get("Access-Control-Allow-Methods"), "POST") ||
		!strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "DPoP") || !strings.Contains(resp.Header.Get("Vary"), "Origin") {
		t.Errorf("%v", resp.Header)
	}
	if resp.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials")
	}
	for name, headers := range map[string][]string{
		"evil origin":           {"Origin: https://evil.test", "Access-Control-Request-Method: POST"},
		"method without CORS":   {"Origin: https://app.test", "Access-Control-Request-Method: GET"},
		"unknown method":        {"Origin: https://app.test", "Access-Control-Request-Method: DELETE"},
		"no preflight, OPTIONS": {"Origin: https://app.test"},
	} {
		resp := w.ask("OPTIONS", "/token", "", headers...)
		wantStatus(t, resp, 204)
		for header := range resp.Header {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: %s: %s", name, header, resp.Header.Get(header))
			}
		}
	}
	if resp := w.ask("OPTIONS", "/jwks", "", "Origin: null", "Access-Control-Request-Method: GET"); resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", resp.Header)
	}
	wantStatus(t, w.ask("OPTIONS", "/page", "", "Origin: https://app.test", "Access-Control-Request-Method: GET"), 405)
}

func TestOnlyPagesSeeCookies(t *testing.T) {
	saw := map[string]string{}
	look := func(name string) Handler {
		return func(c *gin.Context) error {
			saw[name] = c.GetHeader("Cookie")
			c.Status(204)
			return nil
		}
	}
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/p", Page, look("page"))
		r.Handle("GET", "/a", API, look("api"))
		r.Handle("GET", "/d", Document, look("document"))
	})
	for _, path := range []string{"/p", "/a", "/d"} {
		w.ask("GET", path, "", "Cookie: __Host-jedan-session=x")
	}
	if saw["page"] == "" || saw["api"] != "" || saw["document"] != "" {
		t.Errorf("%v", saw)
	}
}

func TestSetFormAction(t *testing.T) {
	try := func(sources ...string) (string, int) {
		w := newWorld(t, "https://id.test", nil, func(r Router) {
			r.Handle("GET", "/consent", Page, func(c *gin.Context) error {
				if err := SetFormAction(c, sources...); err != nil {
					return err
				}
				return text("x")(c)
			})
		})
		resp := w.ask("GET", "/consent", "")
		_, action, _ := strings.Cut(resp.Header.Get("Content-Security-Policy"), "form-action ")
		return action, resp.StatusCode
	}
	for want, sources := range map[string][]string{
		"'self' https://app.test:444": {"'self'", OriginSource(mustURL(t, "https://App.test:444/cb?x=1"))},
		"'self' com.example.app:":     {"'self'", OriginSource(mustURL(t, "com.example.app:/cb"))},
		"http:":                       {OriginSource(mustURL(t, "http://[::1]:9999/cb"))},
		"http://127.0.0.1:9999":       {OriginSource(mustURL(t, "http://127.0.0.1:9999/cb"))},
		"https://app.test/cb":         {URISource(mustURL(t, "https://app.test/cb?x=1"))},
		"https://app.test":            {URISource(mustURL(t, "https://app.test/c;b"))},
		"com.example.app:":            {URISource(mustURL(t, "com.example.app:/cb"))},
		"'none'":                      {},
	} {
		if got, status := try(sources...); got != want || status != 200 {
			t.Errorf("got %q (%d), want %q", got, status, want)
		}
	}
	for _, bad := range []string{"", "*", "https://a.test; script-src *", "'unsafe-inline'", "a b", "https://a.test,b", "é:"} {
		if got, status := try(bad); status != 500 || got != "'self'" {
			t.Errorf("%q: %d %q", bad, status, got)
		}
	}
}

// A script that is put off can read that it is, and until when; one that is kept out, or has no business here, reads nothing.
func TestCORSOfWhoIsPutOff(t *testing.T) {
	var refusal error
	w := newWorld(t, "https://id.test", func(c *Config) { c.Gate = func(*gin.Context) error { return refusal } }, func(r Router) {
		r.Handle("POST", "/token", API.CORS(func(_ context.Context, origin string) bool { return origin == "https://app.test" }), text("{}"))
	})
	for _, c := range []struct {
		refusal      error
		origin, want string
		status       int
	}{
		{errs.New(errs.Throttled, "Too many.").After(time.Minute), "https://app.test", "https://app.test", http.StatusTooManyRequests},
		{errs.New(errs.Throttled, "Too many.").After(time.Minute), "https://evil.test", "", http.StatusTooManyRequests},
		{errs.New(errs.Forbidden, "Kept out."), "https://app.test", "", http.StatusForbidden},
	} {
		refusal = c.refusal
		resp := w.ask("POST", "/token", "", "Origin: "+c.origin)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != c.status || got != c.want {
			t.Errorf("%v for %s: %d, may be read by %q", c.refusal, c.origin, resp.StatusCode, got)
		}
		if c.want != "" && (!strings.Contains(resp.Header.Get("Access-Control-Expose-Headers"), "Retry-After") || resp.Header.Get("Retry-After") != "60") {
			t.Errorf("until when is not said: %v", resp.Header)
		}
	}
}
