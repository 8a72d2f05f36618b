package httpx

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// counted is what an observer heard, line by line.
type counted struct{ heard []string }

func (c *counted) ObserveRequest(route, method string, status int, _ time.Duration) {
	c.heard = append(c.heard, method+" "+route+" "+http.StatusText(status))
}

func (c *counted) ForRoute(route, method string) func(int, time.Duration) {
	return func(status int, took time.Duration) { c.ObserveRequest(route, method, status, took) }
}

func preparedWorld(t *testing.T, accessLog bool, seen *counted) *world {
	t.Helper()
	p := NewPrepared([]byte(`{"keys":[]}`), `"v1"`, "public, max-age=60", "application/jwk-set+json")
	current := func() *Prepared { return p }
	return newWorld(t, "https://id.test", func(c *Config) { c.AccessLog, c.Observer = accessLog, seen }, func(r Router) {
		r.Handle("GET", "/keys", Document.CORSAny().Prepared(current), nil)
		r.Handle("GET", "/some", Document.CORS(func(_ context.Context, o string) bool { return o == "https://app.test" }).Prepared(current), nil)
	})
}

// Without the access log the plainest requests take the short way; nobody can tell by the answer.
func TestShortAndLongWayAnswerAlike(t *testing.T) {
	var short, long counted
	a, b := preparedWorld(t, false, &short), preparedWorld(t, true, &long)
	for name, c := range map[string]struct {
		method, target string
		change         func(*http.Request)
	}{
		"plain":        {"GET", "https://id.test/keys", nil},
		"known":        {"GET", "https://id.test/keys", func(r *http.Request) { r.Header.Set("If-None-Match", `"v1"`) }},
		"outdated":     {"GET", "https://id.test/keys", func(r *http.Request) { r.Header.Set("If-None-Match", `"v0"`) }},
		"head":         {"HEAD", "https://id.test/keys", nil},
		"post":         {"POST", "https://id.test/keys", nil},
		"preflight":    {"OPTIONS", "https://id.test/keys", func(r *http.Request) { r.Header.Set("Origin", "https://x.test") }},
		"query":        {"GET", "https://id.test/keys?a=1", nil},
		"long query":   {"GET", "https://id.test/keys?" + strings.Repeat("a", MaxQuery+1), nil},
		"escaped":      {"GET", "https://id.test/%6beys", nil},
		"other host":   {"GET", "https://evil.test/keys", nil},
		"upper case":   {"GET", "https://ID.test/keys", nil},
		"slash":        {"GET", "https://id.test/keys/", nil},
		"origin":       {"GET", "https://id.test/keys", func(r *http.Request) { r.Header.Set("Origin", "https://x.test") }},
		"cookie":       {"GET", "https://id.test/keys", func(r *http.Request) { r.Header.Set("Cookie", "a=b") }},
		"compressed":   {"GET", "https://id.test/keys", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }},
		"HTTP/1.0":     {"GET", "https://id.test/keys", func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 }},
		"chunked":      {"GET", "https://id.test/keys", func(r *http.Request) { r.TransferEncoding, r.ContentLength = []string{"chunked"}, -1 }},
		"large body":   {"GET", "https://id.test/keys", func(r *http.Request) { r.ContentLength = DefaultMaxBody + 1 }},
		"some, theirs": {"GET", "https://id.test/some", func(r *http.Request) { r.Header.Set("Origin", "https://app.test") }},
		"some, others": {"GET", "https://id.test/some", func(r *http.Request) { r.Header.Set("Origin", "https://x.test") }},
	} {
		t.Run(name, func(t *testing.T) {
			short.heard, long.heard = nil, nil
			var answers [2]*httptest.ResponseRecorder
			for i, w := range []*world{a, b} {
				r := httptest.NewRequest(c.method, c.target, http.NoBody)
				if c.change != nil {
					c.change(r)
				}
				answers[i] = httptest.NewRecorder()
				w.handler.ServeHTTP(answers[i], r)
			}
			if answers[0].Code != answers[1].Code || !maps.EqualFunc(answers[0].Header(), answers[1].Header(), slices.Equal) {
				t.Errorf("%d %v\n%d %v", answers[0].Code, answers[0].Header(), answers[1].Code, answers[1].Header())
			}
			if x, y := answers[0].Body.String(), answers[1].Body.String(); x != y && !strings.Contains(x, "error_id") && !strings.Contains(x, "<html") {
				t.Errorf("%q, not %q", x, y)
			}
			if !slices.Equal(short.heard, long.heard) || len(short.heard) != 1 {
				t.Errorf("heard %v and %v", short.heard, long.heard)
			}
		})
	}
}

func TestTheShortWayEndsWithDraining(t *testing.T) {
	w := preparedWorld(t, false, &counted{})
	if got := w.ask("GET", "https://id.test/keys", "").Header.Get("Connection"); got != "" {
		t.Errorf("%q", got)
	}
	w.Drain()
	if got := w.ask("GET", "https://id.test/keys", "").Header.Get("Connection"); got != "close" {
		t.Errorf("%q", got)
	}
}

func TestTheShortWayIsTaken(t *testing.T) {
	for accessLog, want := range map[bool]int{false: 200, true: 404} {
		w := preparedWorld(t, accessLog, &counted{})
		w.gin = gin.New() // the long way leads nowhere now
		wantStatus(t, w.ask("GET", "https://id.test/keys", ""), want)
	}
}
