package httpx

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
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

func csrfWith(keys ...byte) CSRF {
	var all [][]byte
	for _, k := range keys {
		all = append(all, bytes.Repeat([]byte{k}, 32))
	}
	return CSRF{Cookies: Cookies{Secure: true}, Keys: func() [][]byte { return all }}
}

func mintToken(t *testing.T, s CSRF, purpose, browser string) string {
	t.Helper()
	var token string
	inPage(t, func(g *gin.Context) {
		var err error
		if token, err = s.Token(g, purpose); err != nil {
			t.Fatal(err)
		}
	}, "Cookie: __Host-jedan-browser="+browser)
	return token
}

// SE02, SE03: a token serves one purpose in one browser.
func TestFormTokens(t *testing.T) {
	s := csrfWith(1)
	token := mintToken(t, s, "login", "browser-a")
	check := func(s CSRF, purpose string, form url.Values, headers ...string) (err error) {
		inPage(t, func(g *gin.Context) { err = s.Check(g, purpose, form) }, headers...)
		return err
	}
	const mine = "Cookie: __Host-jedan-browser=browser-a"
	short := CSRF{Cookies: s.Cookies, Keys: func() [][]byte { return [][]byte{[]byte("short")} }}
	with := func(values ...string) url.Values { return url.Values{CSRFField: values} }
	if err := check(s, "login", with(token), mine); err != nil {
		t.Fatal(err)
	}
	if err := check(csrfWith(2, 1), "login", with(token), mine); err != nil {
		t.Errorf("the previous key must still verify: %v", err)
	}
	for name, err := range map[string]error{
		"other purpose":  check(s, "consent", with(token), mine),
		"same length":    check(s, "setup", with(token), mine),
		"short key":      check(short, "login", with(base64.RawURLEncoding.EncodeToString(formMAC([]byte("short"), "login", "browser-a"))), mine),
		"other browser":  check(s, "login", with(token), "Cookie: __Host-jedan-browser=browser-b"),
		"no cookie":      check(s, "login", with(token)),
		"two cookies":    check(s, "login", with(token), "Cookie: __Host-jedan-browser=browser-a; __Host-jedan-browser=browser-a"),
		"no token":       check(s, "login", url.Values{}, mine),
		"empty":          check(s, "login", with(""), mine),
		"two tokens":     check(s, "login", with(token, token), mine),
		"not base64":     check(s, "login", with("!"+token[1:]), mine),
		"padding":        check(s, "login", with(token+"="), mine),
		"cut":            check(s, "login", with(token[:42]), mine),
		"other key":      check(csrfWith(2), "login", with(token), mine),
		"retired key":    check(csrfWith(), "login", with(token), mine),
		"moved boundary": check(s, "loginb", with(mintToken(t, s, "login", "browser-a")), "Cookie: __Host-jedan-browser=rowser-a"),
	} {
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormTokenNeedsBrowserAndKey(t *testing.T) {
	short := CSRF{Cookies: Cookies{Secure: true}, Keys: func() [][]byte { return [][]byte{[]byte("short")} }}
	for name, s := range map[string]CSRF{"no key": csrfWith(), "short key": short} {
		inPage(t, func(g *gin.Context) {
			if _, err := s.Token(g, "x"); err == nil {
				t.Errorf("%s: made a token", name)
			}
		}, "Cookie: __Host-jedan-browser=b")
	}
	inPage(t, func(g *gin.Context) {
		if _, err := csrfWith(1).Token(g, "x"); err == nil {
			t.Error("made a token for no browser")
		}
		Cookies{Secure: true}.Set(g, BrowserCookie, "just set", 0)
		if _, err := csrfWith(1).Token(g, "x"); err != nil {
			t.Errorf("a cookie of this answer must do: %v", err)
		}
	})
}
