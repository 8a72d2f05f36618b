package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLocale(t *testing.T) {
	r := newRenderer(t, Options{})
	for name, c := range map[string]struct{ query, cookie, asked, header, want string }{
		"nothing":                     {want: "en"},
		"browser":                     {header: "de-CH,de;q=0.9,en;q=0.8", want: "de"},
		"browser prefers another":     {header: "fr,de;q=0.5", want: "de"},
		"browser refuses":             {header: "fr,es", want: "en"},
		"order by weight":             {header: "de;q=0.2,en;q=0.9", want: "en"},
		"application before browser":  {asked: "de", header: "en", want: "de"},
		"application lists":           {asked: "fr-CA de-AT en", header: "en", want: "de"},
		"application asks for none":   {asked: "fr", header: "de", want: "de"},
		"one bad tag spares the rest": {asked: "../../etc/passwd de", want: "de"},
		"traversal":                   {asked: "../../etc/passwd", want: "en"},
		"traversal in the header":     {header: "../../etc/passwd", want: "en"},
		"null and control":            {asked: "de\x00 \r\nSet-Cookie:x", want: "en"},
		"weights are no part":         {asked: "de;q=1", want: "en"},
		"person before application":   {cookie: "en", asked: "de", want: "en"},
		"link before cookie":          {query: "?a=b&ja_lang=de", cookie: "en", want: "de"},
		"no such choice":              {query: "?ja_lang=../../etc/passwd", cookie: "xx", header: "de", want: "de"},
		"cut at a whole tag":          {asked: strings.Repeat("fr ", 170) + "defg", header: "de", want: "de"},
	} {
		req := httptest.NewRequest(http.MethodGet, "/"+c.query, nil)
		req.Header.Set("Accept-Language", c.header)
		if c.cookie != "" {
			req.AddCookie(&http.Cookie{Name: "ja_lang", Value: c.cookie})
		}
		if got := r.Locale(req, c.asked); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestLocaleCost counts allocations: a hundred times the input must not be more work.
func TestLocaleCost(t *testing.T) {
	r := newRenderer(t, Options{})
	for name, part := range map[string]string{
		"tags": "fr ", "subtags": "a-", "commas": ",", "weights": "fr;q=0.1,", "one word": "a", "extensions": "de-u-co-phonebk-",
	} {
		cost := func(size int) float64 {
			long := strings.Repeat(part, size/len(part))
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Accept-Language", long)
			return testing.AllocsPerRun(10, func() { r.Locale(req, long) })
		}
		if small, large := cost(maxLanguageBytes), cost(50<<10); large > small+8 || large > 400 {
			t.Errorf("%s: %v allocations for 50 KB, %v for 512 bytes", name, large, small)
		}
	}
}

func TestChoiceIsRememberedAndLinked(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x", Secure: true})
	w := draw(t, r, "/x/login?flow=f1&ja_lang=de&ja_theme=dark", http.StatusOK, LoginPage{Flow: "f1"})
	cookies := w.Result().Cookies()
	if len(cookies) != 2 {
		t.Fatalf("cookies: %v", cookies)
	}
	for _, c := range cookies {
		if c.Path != "/x/" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 {
			t.Errorf("cookie %v", c)
		}
	}
	body := w.Body.String()
	for _, want := range []string{`<html lang="de" dir="ltr" data-theme="dark">`, `href="?flow=f1&amp;ja_theme=dark&amp;ja_lang=en"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestLanguageLinkAfterPost(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x"})
	post := func(p Page) string {
		w := httptest.NewRecorder()
		r.Render(w, httptest.NewRequest(http.MethodPost, "/x/anything?secret=1", nil), http.StatusOK, p)
		return w.Body.String()
	}
	if body := post(ConsentPage{Flow: "a b&c"}); !strings.Contains(body, `href="/x/consent?flow=a&#43;b%26c&amp;ja_lang=de"`) {
		t.Errorf("no link to the page's own address:\n%s", body)
	}
	if body := post(SetupPage{Token: "t1"}); strings.Contains(body, "ja_lang") {
		t.Error("a page without an address of its own links to one")
	}
	if w := draw(t, r, "/x/?q="+strings.Repeat("a", maxQuery), http.StatusOK, HomePage{}); w.Body.Len() > maxQuery {
		t.Error("an oversized query was carried on")
	}
}
