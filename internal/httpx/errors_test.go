package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

const canary = "CANARY-pq-relation-users"

// pages is an ErrorWriter that shows all it was given.
type pages struct{ mode string }

func (p pages) WriteError(c *gin.Context, err error, id string) {
	switch p.mode {
	case "panics":
		panic(canary)
	case "silent":
		return
	}
	c.Header("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(c.Writer, "<html>%v|%s|%s", err, errs.MessageOf(err), id)
}

// WB08: whatever goes wrong, people see an id and operators see the cause.
func TestInternalDetailStaysInTheLog(t *testing.T) {
	cases := map[string]Handler{
		"plain error":   failing(errors.New(canary)),
		"wrapped":       failing(errs.Wrap(errs.Internal, canary, errors.New(canary))),
		"database away": failing(errs.Wrap(errs.Unavailable, "", errors.New(canary))),
		"panic":         func(*gin.Context) error { panic(canary) },
		"panic error":   func(*gin.Context) error { panic(errors.New(canary)) },
		"nil map":       func(*gin.Context) error { var m map[string]int; m[canary] = 1; return nil },
		"deadline":      failing(fmt.Errorf("%s: %w", canary, context.DeadlineExceeded)),
	}
	for name, h := range cases {
		for _, writer := range []ErrorWriter{nil, pages{}, pages{"panics"}, pages{"silent"}} {
			w := newWorld(t, "https://id.test", func(c *Config) { c.Pages = writer }, func(r Router) {
				r.Handle("GET", "/html", Page, h)
				r.Handle("GET", "/json", API, h)
			})
			for _, path := range []string{"/html", "/json"} {
				resp := w.ask("GET", path, "")
				body := bodyOf(t, resp)
				if resp.StatusCode < 500 || strings.Contains(body, canary) || strings.Contains(body, "goroutine") {
					t.Errorf("%s %s: %d %s", name, path, resp.StatusCode, body)
				}
				id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(body)
				if id == "" || !strings.Contains(w.log.String(), `"error_id":"`+id+`"`) {
					t.Errorf("%s %s: the id is not in body and log: %s", name, path, body)
				}
			}
			if name != "nil map" && !strings.Contains(w.log.String(), canary) {
				t.Errorf("%s: the log lost the cause", name)
			}
			wantStatus(t, w.ask("GET", "/page", ""), 200) // the process lives
		}
	}
}

func TestErrorPageHasItsIDs(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/no", Page, failing(errs.New(errs.Forbidden, `<script>alert(1)</script>`)))
	})
	body := bodyOf(t, w.ask("GET", "/no", ""))
	if !strings.Contains(body, `id="error-code">forbidden<`) || !strings.Contains(body, `id="error-id">`) {
		t.Errorf("%s", body)
	}
	if strings.Contains(body, "<script>") {
		t.Errorf("not escaped: %s", body)
	}
}

func TestPageWriterSeesOnlyThePublicSide(t *testing.T) {
	w := newWorld(t, "https://id.test", func(c *Config) { c.Pages = pages{} }, func(r Router) {
		r.Handle("GET", "/no", Page, failing(errs.Wrap(errs.Conflict, "Already there.", errors.New(canary))))
	})
	resp := w.ask("GET", "/no", "")
	wantStatus(t, resp, 409)
	if body := bodyOf(t, resp); strings.Contains(body, canary) || !strings.Contains(body, "Already there.") {
		t.Errorf("%s", body)
	}
}

func TestJSONErrors(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/busy", API, failing(errs.New(errs.Throttled, "").After(1500*time.Millisecond)))
		r.Handle("GET", "/who", API, failing(errs.New(errs.Unauthenticated, "")))
		r.Handle("GET", "/own", API, func(c *gin.Context) error {
			c.Header("WWW-Authenticate", `Bearer error="invalid_token"`)
			return errs.New(errs.Unauthenticated, "")
		})
	})
	resp := w.ask("GET", "/busy", "")
	wantStatus(t, resp, 429)
	var got struct {
		Error, Description, ID string
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer("error_description", "description", "error_id", "id").Replace(bodyOf(t, resp))), &got); err != nil {
		t.Fatal(err)
	}
	if got.Error != "throttled" || got.Description == "" || len(got.ID) != 32 || resp.Header.Get("Retry-After") != "2" ||
		resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", got, resp.Header)
	}
	if resp := w.ask("GET", "/who", ""); resp.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%v", resp.Header)
	}
	if resp := w.ask("GET", "/own", ""); resp.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("%v", resp.Header)
	}
}

type protocolError struct{ code string }

func (p protocolError) Error() string { return p.code }

func TestProtocolWritesItsOwnErrors(t *testing.T) {
	w := newWorld(t, "https://id.test", func(c *Config) {
		c.Protocol = func(c *gin.Context, err error) bool {
			p, ok := errors.AsType[protocolError](err)
			if !ok {
				return false
			}
			if p.code == "panics" {
				panic("x")
			}
			c.JSON(http.StatusBadRequest, map[string]string{"error": p.code})
			return true
		}
	}, func(r Router) {
		r.Handle("GET", "/a", API, failing(protocolError{"invalid_grant"}))
		r.Handle("GET", "/b", API, failing(protocolError{"panics"}))
		r.Handle("GET", "/c", API, failing(errs.New(errs.Forbidden, "")))
	})
	if body := bodyOf(t, w.ask("GET", "/a", "")); body != `{"error":"invalid_grant"}` {
		t.Errorf("%s", body)
	}
	wantStatus(t, w.ask("GET", "/b", ""), 500)
	wantStatus(t, w.ask("GET", "/c", ""), 403)
	if !strings.Contains(w.log.String(), "invalid_grant") {
		t.Error("a protocol error leaves no trace")
	}
}

func TestUnroutedIsPageOrJSON(t *testing.T) {
	w := newWorld(t, "https://id.test/base", nil, nil)
	for _, c := range []struct{ path, accept, want string }{
		{"/none", "text/html,*/*", "text/html; charset=utf-8"}, {"/none", "", "text/html; charset=utf-8"},
		{"/none", "application/json", "application/json"}, {"/base/api/v1/x", "text/html", "application/json"},
		{"/base/oauth2/none", "*/*", "application/json"}, {"/base/oauth2/none", "text/html", "text/html; charset=utf-8"},
		{"/base/.well-known/x", "text/html", "application/json"}, {"/base/scim/v2/x", "", "application/json"},
		{"/none%00", "application/json", "application/json"}, {"/base/page/", "", "text/html; charset=utf-8"}, {"/base//page", "", "text/html; charset=utf-8"},
	} {
		resp := w.ask("GET", c.path, "", "Accept: "+c.accept)
		if got := resp.Header.Get("Content-Type"); got != c.want || resp.StatusCode != 404 && resp.StatusCode != 400 {
			t.Errorf("%s (%s): %d %s", c.path, c.accept, resp.StatusCode, got)
		}
	}
}

func TestAbortPassesThrough(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/abort", Page, func(*gin.Context) error { panic(http.ErrAbortHandler) })
		r.Handle("GET", "/half", Page, func(c *gin.Context) error { c.String(200, "half"); return errors.New("broke off") })
		r.Handle("GET", "/half-panic", API, func(c *gin.Context) error { c.String(200, "half"); panic("broke off") })
	})
	for _, path := range []string{"/abort", "/half", "/half-panic"} {
		func() {
			defer func() {
				if caught := recover(); caught != http.ErrAbortHandler { //nolint:errorlint // as net/http compares
					t.Errorf("%s: %v", path, caught)
				}
			}()
			w.ask("GET", path, "")
		}()
	}
}

func TestClientThatLeftIsNoAlarm(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/slow", API, func(c *gin.Context) error { return c.Request.Context().Err() })
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("GET", "/slow", nil).WithContext(ctx)
	r.Host = "id.test"
	w.handler.ServeHTTP(httptest.NewRecorder(), r)
	if log := w.log.String(); strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, `"level":"DEBUG"`) {
		t.Errorf("%s", log)
	}
}

type observed struct {
	route, method string
	status        int
	took          time.Duration
}

type observer struct{ seen []observed }

func (o *observer) ObserveRequest(route, method string, status int, took time.Duration) {
	o.seen = append(o.seen, observed{route, method, status, took})
}

// The log and the numbers know routes, not paths; queries are nowhere.
func TestAccessLogAndNumbers(t *testing.T) {
	var o observer
	var w *world
	w = newWorld(t, "https://id.test", func(c *Config) { c.Observer = &o }, func(r Router) {
		r.Handle("GET", "/thing/:id", API, func(c *gin.Context) error {
			w.now = w.now.Add(3 * time.Millisecond)
			c.String(200, c.Param("id"))
			return nil
		})
	})
	w.ask("GET", "/thing/"+canary+"?code="+canary, "", "Cookie: "+canary, "Authorization: Bearer "+canary, "User-Agent: "+canary)
	w.ask("GET", "/thing/"+canary+"/"+strings.Repeat("x", 300)+"%0a?code=secret-query", "")
	w.ask("GET", "/health/live", "")
	log := w.log.String()
	if strings.Contains(log, "code=") || strings.Contains(log, "Bearer") || strings.Contains(log, "192.0.2.1") {
		t.Errorf("%s", log)
	}
	if !strings.Contains(log, `"path":"/thing/:id","status":200`) || !strings.Contains(log, `"us":3000`) || strings.Contains(log, "/health") {
		t.Errorf("%s", log)
	}
	if strings.Contains(log, strings.Repeat("x", 150)) {
		t.Error("a long foreign path was logged whole")
	}
	want := []observed{{"/thing/:id", "GET", 200, 3 * time.Millisecond}, {"", "GET", 404, 0}, {"/health/live", "GET", 200, 0}}
	for i, o := range o.seen {
		if o != want[i] {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if len(o.seen) != 3 {
		t.Errorf("%d observed", len(o.seen))
	}
}

func TestAccessLogIsOptionalAndFailuresAreNot(t *testing.T) {
	w := newWorld(t, "https://id.test", func(c *Config) { c.AccessLog = false }, func(r Router) {
		r.Handle("GET", "/bad", API, failing(errors.New("x")))
	})
	w.ask("GET", "/page", "")
	if w.log.String() != "" {
		t.Errorf("%s", w.log.String())
	}
	w.ask("GET", "/bad", "")
	if !strings.Contains(w.log.String(), "request failed") {
		t.Error("a failure went unlogged")
	}
	w = newWorld(t, "https://id.test", func(c *Config) { c.LogClientIP = true }, nil)
	w.ask("GET", "/page", "", "Peer: 203.0.113.9:1")
	if !strings.Contains(w.log.String(), `"client_ip":"203.0.113.9"`) {
		t.Error("the address was asked for")
	}
}

// PW25: what somebody puts into a link that leads nowhere is not in the log.
func TestPathsOfNoRouteAreLoggedAsWordsOnly(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for path, logged := range map[string]string{
		"/auth/oauth2/authorise": "/auth/oauth2/authorise", "/users/maria@example.org/edit": "/users/*/edit", "/reset/8Jd2kQpW": "/reset/*", "/tel/385912345678": "/tel/*",
		"/a%20b/" + strings.Repeat("c", 40): "/*/*", "/": "/",
	} {
		before := len(w.log.String())
		w.ask("GET", "https://id.test"+path, "")
		if said := w.log.String()[before:]; !strings.Contains(said, `"path":"`+logged+`"`) {
			t.Errorf("%s: %s", path, said)
		}
	}
}
