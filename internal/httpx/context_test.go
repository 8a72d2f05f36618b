package httpx

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

func TestContextClient(t *testing.T) {
	var ip, agent string
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/who", API, func(c *gin.Context) error {
			addr, a := ContextClient(c.Request.Context())
			ip, agent = addr.String(), a
			c.Status(http.StatusNoContent)
			return nil
		})
	})
	w.ask("GET", "/who", "", "Peer: 203.0.113.9:1", "User-Agent: Firefox/1")
	if ip != "203.0.113.9" || agent != "Firefox/1" {
		t.Errorf("%s %s", ip, agent)
	}
	w.ask("GET", "/who", "", "User-Agent: "+strings.Repeat("x", 20<<10))
	if len(agent) != 256 {
		t.Errorf("a long agent is kept at %d bytes", len(agent))
	}
	w.ask("GET", "/who", "", "User-Agent: a\x1b[31m\xff")
	if strings.ContainsAny(agent, "\x1b\xff") {
		t.Errorf("%q", agent)
	}
	if addr, agent := ContextClient(t.Context()); addr.IsValid() || agent != "" {
		t.Error("something was made up")
	}
}

func TestSeeOther(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("POST", "/next", Page, func(c *gin.Context) error { return SeeOther(c, "/page?x=1") })
	})
	resp := w.ask("POST", "/next", "a=1", formType, fromUs)
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/page?x=1" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestAnswersThatCannotBeEncodedAreFailures(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/bad", API, func(c *gin.Context) error { WriteJSON(c, 200, make(chan int)); return nil })
	})
	wantStatus(t, w.ask("GET", "/bad", ""), 500)
}

func TestCookiesAndFormsOutsideTheEngine(t *testing.T) {
	k := Cookies{Secure: true}
	r := httptest.NewRequest("POST", "/x", strings.NewReader("a=1"))
	rec := httptest.NewRecorder()
	k.Write(r.Context(), rec, SessionCookie, "v", time.Hour)
	if _, ok := k.Read(r, SessionCookie); ok {
		t.Error("without the engine nothing remembers what was set")
	}
	k.Remove(r.Context(), rec, SessionCookie)
	if lines := rec.Header()["Set-Cookie"]; len(lines) != 1 || !strings.Contains(lines[0], "Max-Age=0") {
		t.Errorf("%q", lines)
	}
	r.AddCookie(&http.Cookie{Name: k.Name(SessionCookie), Value: "sent"})
	if v, ok := k.Read(r, SessionCookie); !ok || v != "sent" {
		t.Errorf("%q %v", v, ok)
	}
	c, _ := gin.CreateTestContext(rec)
	c.Request = r
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if form, err := Form(c); err != nil || form.Get("a") != "1" {
		t.Errorf("%v %v", form, err)
	}
}
