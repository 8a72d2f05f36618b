package httpx

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// inPage runs fn as a page's handler and returns the answer.
func inPage(t testing.TB, fn func(c *gin.Context), headers ...string) *http.Response {
	t.Helper()
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("GET", "/cookie", Page, func(c *gin.Context) error {
			fn(c)
			c.Status(http.StatusNoContent)
			return nil
		})
	})
	resp := w.ask("GET", "/cookie", "", headers...)
	wantStatus(t, resp, 204)
	return resp
}

// SE06: the attributes, on https and on a loopback http issuer.
func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		k    Cookies
		want string
	}{
		{Cookies{Secure: true}, "__Host-jedan-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		{Cookies{Secure: true, Path: "/auth"}, "__Host-jedan-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		{Cookies{}, "jedan-session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"},
		{Cookies{Path: "/auth"}, "jedan-session=v; Path=/auth; Max-Age=60; HttpOnly; SameSite=Lax"},
	} {
		resp := inPage(t, func(g *gin.Context) { c.k.Set(g, SessionCookie, "v", time.Minute) })
		if got := resp.Header.Get("Set-Cookie"); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	resp := inPage(t, func(g *gin.Context) { Cookies{Secure: true}.Set(g, BrowserCookie, "v", 0) })
	if got := resp.Header.Get("Set-Cookie"); got != "__Host-jedan-browser=v; Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("%s", got)
	}
}

// The one cookie that scripts and other sites' frames see: only with Secure do browsers take SameSite=None.
func TestWatchedCookie(t *testing.T) {
	for secure, want := range map[bool]string{true: "__Host-jedan-op=v; Path=/; Secure; SameSite=None", false: "jedan-op=v; Path=/; SameSite=Lax"} {
		resp := inPage(t, func(g *gin.Context) { Cookies{Secure: secure}.Set(g, WatchedCookie, "v", 0) })
		if got := resp.Header.Get("Set-Cookie"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCookieClearAndReplace(t *testing.T) {
	k := Cookies{Secure: true}
	resp := inPage(t, func(g *gin.Context) {
		k.Set(g, SessionCookie, "old", 0)
		k.Set(g, BrowserCookie, "b", 0)
		k.Clear(g, SessionCookie)
		if _, ok := k.Get(g, SessionCookie); ok {
			t.Error("cleared and still there")
		}
		if v, ok := k.Get(g, BrowserCookie); !ok || v != "b" {
			t.Error("set and not seen")
		}
	}, "Cookie: __Host-jedan-session=sent")
	lines := resp.Header["Set-Cookie"]
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "__Host-jedan-session=; Path=/; Max-Age=0;") {
		t.Errorf("%q", lines)
	}
}

func TestAmbiguousCookiesAreNone(t *testing.T) {
	k := Cookies{Secure: true}
	get := func(headers ...string) (value string, ok bool) {
		inPage(t, func(g *gin.Context) { value, ok = k.Get(g, SessionCookie) }, headers...)
		return value, ok
	}
	if v, ok := get("Cookie: a=1; __Host-jedan-session=x; jedan-session=y"); !ok || v != "x" {
		t.Errorf("%q %v", v, ok)
	}
	for _, headers := range [][]string{
		nil, {"Cookie: __Host-jedan-session=x; __Host-jedan-session=y"}, {"Cookie: __Host-jedan-session=x; __Host-jedan-session=x"},
		{"Cookie: __Host-jedan-session=x", "Cookie: __Host-jedan-session=y"}, {"Cookie: __Host-jedan-session="}, {"Cookie: jedan-session=x"},
		{"Cookie: __host-jedan-session=x"}, {"Cookie: " + strings.Repeat("=;", 4000)},
	} {
		if v, ok := get(headers...); ok {
			t.Errorf("%v: %q", headers, v)
		}
	}
	hundred := strings.Repeat("junk=1; ", 100)
	if v, ok := get("Cookie: " + hundred + "__Host-jedan-session=x"); !ok || v != "x" {
		t.Errorf("a hundred others: %q %v", v, ok)
	}
}

func TestEnsure(t *testing.T) {
	k := Cookies{Secure: true}
	minted := 0
	mint := func() (string, error) { minted++; return "fresh", nil }
	resp := inPage(t, func(g *gin.Context) {
		for range 3 {
			if v, err := k.Ensure(g, BrowserCookie, time.Hour, mint); err != nil || v != "fresh" {
				t.Errorf("%q %v", v, err)
			}
		}
	})
	if minted != 1 || len(resp.Header["Set-Cookie"]) != 1 {
		t.Errorf("minted %d, sent %q", minted, resp.Header["Set-Cookie"])
	}
	resp = inPage(t, func(g *gin.Context) {
		if v, err := k.Ensure(g, BrowserCookie, time.Hour, mint); err != nil || v != "there" {
			t.Errorf("%q %v", v, err)
		}
	}, "Cookie: __Host-jedan-browser=there")
	if len(resp.Header["Set-Cookie"]) != 0 {
		t.Error("sent again")
	}
	boom := errors.New("boom")
	inPage(t, func(g *gin.Context) {
		if _, err := k.Ensure(g, BrowserCookie, 0, func() (string, error) { return "", boom }); !errors.Is(err, boom) {
			t.Errorf("%v", err)
		}
	})
}
