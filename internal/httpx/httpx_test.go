package httpx

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// world is an engine with a few routes of each guard, its clock and its log.
type world struct {
	*Engine
	handler http.Handler
	log     *lockedBuffer
	now     time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// newWorld builds an engine; change edits the configuration, mount adds routes.
func newWorld(t testing.TB, issuer string, change func(*Config), mount func(Router)) *world {
	t.Helper()
	w := &world{log: &lockedBuffer{}, now: time.Unix(1_800_000_000, 0)}
	cfg := Config{
		Issuer: mustURL(t, issuer), AccessLog: true, Now: func() time.Time { return w.now },
		Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.Handle("GET", "/page", Page, text("page"))
	e.Handle("POST", "/page", Page, text("posted"))
	e.Handle("POST", "/oauth2/token", API, formEcho)
	e.Handle("GET", "/doc", Document, text("doc"))
	if mount != nil {
		mount(e)
	}
	if w.handler, err = e.Handler(); err != nil {
		t.Fatal(err)
	}
	w.Engine = e
	return w
}

func text(s string) Handler {
	return func(c *gin.Context) error {
		c.String(http.StatusOK, s)
		return nil
	}
}

func failing(err error) Handler { return func(*gin.Context) error { return err } }

func formEcho(c *gin.Context) error {
	form, err := Form(c)
	if err != nil {
		return err
	}
	WriteJSON(c, http.StatusOK, form)
	return nil
}

// ask sends one request; headers are "Name: value" lines.
func (w *world) ask(method, target, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if !strings.Contains(target, "://") {
		r.Host = w.cfg.Issuer.Host
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Peer" {
			r.RemoteAddr = value
			continue
		}
		r.Header.Add(name, value)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Result()
}

func bodyOf(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantStatus(t testing.TB, resp *http.Response, status int) {
	t.Helper()
	if resp.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", resp.StatusCode, status, bodyOf(t, resp))
	}
}

const (
	formType = "Content-Type: application/x-www-form-urlencoded"
	fromUs   = "Origin: https://id.test"
)

func TestRoutesAnswer(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	wantStatus(t, w.ask("GET", "/page", ""), 200)
	wantStatus(t, w.ask("POST", "/page", "a=1", formType, fromUs), 200)
	resp := w.ask("POST", "/oauth2/token", "a=1&b=x+y", formType)
	wantStatus(t, resp, 200)
	if got := bodyOf(t, resp); got != `{"a":["1"],"b":["x y"]}` {
		t.Errorf("form: %s", got)
	}
	wantStatus(t, w.ask("HEAD", "/doc", ""), 200)
}

func TestMountingMistakesAreReportedTogether(t *testing.T) {
	e, err := New(Config{Issuer: mustURL(t, "https://id.test"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	e.Handle("GET", "/a", Guard{}, text("a"))
	e.Handle("GET", "/b", Page, nil)
	e.Handle("GET", "/c", Page, text("c"))
	e.Handle("GET", "/c", Page, text("c"))
	_, err = e.Handler()
	if err == nil {
		t.Fatal("mistakes were accepted")
	}
	for _, path := range []string{"GET /a", "GET /b", "GET /c"} {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%s is not named: %v", path, err)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	for name, cfg := range map[string]Config{
		"no issuer": {Logger: logger},
		"no logger": {Issuer: mustURL(t, "https://id.test")},
		"no host":   {Issuer: &url.URL{Scheme: "https"}, Logger: logger},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}
