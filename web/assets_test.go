package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	req := httptest.NewRequest(method, "/", nil)
	req.URL.Path = path
	h.ServeHTTP(w, req)
	return w
}

func TestAssets(t *testing.T) {
	r := newRenderer(t, Options{BasePath: "/x"})
	h := r.Assets()
	page := draw(t, r, "/x/login", http.StatusOK, LoginPage{}).Body.String()
	links := regexp.MustCompile(`/x/assets/[^"]+`).FindAllString(page, -1)
	if len(links) < 4 {
		t.Fatalf("links %v", links)
	}
	for _, link := range append(links, r.view(httptest.NewRequest(http.MethodGet, "/", nil), HomePage{}).Asset("form-post.js")) {
		w := get(h, http.MethodGet, link)
		kind := contentType(link)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", link, w.Code, w.Header())
		}
		if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s", link, w.Header())
		}
		if head := get(h, http.MethodHead, link); head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d, %d bytes", link, head.Code, head.Body.Len())
		}
		if w := get(http.StripPrefix("/x", h), http.MethodGet, link); w.Code != http.StatusOK {
			t.Errorf("%s behind StripPrefix: %d", link, w.Code)
		}
	}
}

func TestAssetsServeNothingElse(t *testing.T) {
	r := newRenderer(t, Options{})
	h := r.Assets()
	for _, path := range []string{
		"/assets/", "/assets/app.css", "/assets/app.0000.css", "/assets/../templates/login.html", "/assets/..%2ftemplates/login.html",
		"/assets/..\\i18n\\en.json", "/assets//etc/passwd", "/assets/./" + r.assets.hashed["app.css"], "/assets/%2e%2e/renderer.go",
		"/assets/" + r.assets.hashed["app.css"] + "/", "/assets/" + r.assets.hashed["app.css"] + "\x00", "/etc/passwd", "",
	} {
		if w := get(h, http.MethodGet, path); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %d %s", path, w.Code, w.Header())
		}
	}
	w := get(h, http.MethodPost, "/assets/"+r.assets.hashed["app.css"])
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %s", w.Code, w.Header())
	}
}

// TestBudget adds up what a first sign-in loads, uncompressed, with a flow of common size.
func TestBudget(t *testing.T) {
	r := newRenderer(t, Options{})
	server := httptest.NewServer(previewHandler(r))
	defer server.Close()
	load := func(path string) string {
		resp, err := server.Client().Get(server.URL + path) //nolint:noctx // a test server
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // only read from
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for _, name := range []string{"login", "login-error", "login-fixed"} {
		page := load("/de/" + name)
		total := len(page)
		for _, link := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			size := len(load(link[1]))
			total += size
			if strings.HasSuffix(link[1], ".js") && size > 5_000 {
				t.Errorf("%s: script of %d bytes", name, size)
			}
		}
		if total > 30_000 {
			t.Errorf("%s: %d bytes", name, total)
		}
		t.Logf("%s: %d bytes", name, total)
		if regexp.MustCompile(`(?:src|srcset)="https?:|@import|<link[^>]+href="https?:`).MatchString(page) {
			t.Errorf("%s: asks a third party", name)
		}
	}
}

// TestStyleSheet holds our sheets to the tokens: no colour and no size of its own, no side that is not logical.
func TestStyleSheet(t *testing.T) {
	f, err := readTheme("")
	if err != nil {
		t.Fatal(err)
	}
	css := stripComments(string(f.assets["app.css"]) + string(f.assets["account.css"]))
	rules := regexp.MustCompile(`@media[^{]+`).ReplaceAllString(css, "")
	for what, pattern := range map[string]string{
		"a colour":          `#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|color-mix)\(|:\s*(?:white|black|red|gray)\b`,
		"a size":            `\d(?:px|rem|em|ch|vh|vw|dvh|ms|s)\b`,
		"a physical side":   `(?:^|[\s;{-])(?:left|right|top|bottom)\b`,
		"a physical extent": `(?:^|[\s;{])(?:min-|max-)?(?:width|height)\s*:`,
	} {
		if found := regexp.MustCompile(pattern).FindAllString(rules, -1); len(found) > 0 {
			t.Errorf("a sheet has %s of its own: %q", what, found)
		}
	}
	sheet := string(f.assets[tokensFile])
	used := map[string]bool{}
	for _, name := range regexp.MustCompile(`--ja-[a-z0-9-]+`).FindAllString(css, -1) {
		used[name] = true
		if !strings.Contains(sheet, name+":") {
			t.Errorf("a sheet uses %s, which is no token", name)
		}
	}
	for _, name := range regexp.MustCompile(`(--ja-[a-z0-9-]+):`).FindAllStringSubmatch(sheet, -1) {
		if !used[name[1]] {
			t.Errorf("no rule uses %s", name[1])
		}
	}
}

// TestClassesMatch finds rules without a page and pages without a rule.
func TestClassesMatch(t *testing.T) {
	f, err := readTheme("")
	if err != nil {
		t.Fatal(err)
	}
	templates, _ := sources(t)
	css := stripComments(string(f.assets["app.css"]) + string(f.assets["account.css"]))
	selectors := regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(css, " ")
	for _, m := range regexp.MustCompile(`\.([a-z-]+)`).FindAllStringSubmatch(selectors, -1) {
		if !regexp.MustCompile(`class="[^>]*\b` + m[1] + `\b`).MatchString(templates) {
			t.Errorf("no page has the class %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`class="([^"]*)"`).FindAllStringSubmatch(templates, -1) {
		for name := range strings.FieldsSeq(regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(m[1], " ")) {
			if !regexp.MustCompile(`\.` + name + `\b`).MatchString(selectors) {
				t.Errorf("no rule has the class %s", name)
			}
		}
	}
}
