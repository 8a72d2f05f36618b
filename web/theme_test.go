package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// theme writes a theme folder from name, content pairs.
func theme(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestThemeOverridesFileByFile(t *testing.T) {
	r := newRenderer(t, Options{ProductName: "Acme ID", ThemeDir: theme(t,
		"assets/tokens.css", "/* ours */ :root { --ja-accent: #00695c; --ja-accent-hover: #004d40; --acme: 1px }\n"+
			"@media (prefers-color-scheme: dark) { :root { --ja-accent: #80cbc4; --ja-accent-hover: #b2dfdb } }\n"+
			"@font-face { font-family: Acme; src: url('acme.woff2') }",
		"assets/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "assets/acme.woff2", "font", "assets/.hidden", "x",
		"templates/expired.html", `{{define "content"}}<p>themed {{.Client}}</p>{{end}}`,
	)})
	if body := draw(t, r, "/", http.StatusOK, ExpiredPage{}).Body.String(); !strings.Contains(body, "<p>themed Acme ID</p>") {
		t.Errorf("the page is not the theme's: %s", body)
	}
	sheet := string(r.assets.files[r.assets.hashed[tokensFile]].data)
	for _, want := range []string{
		"--ja-accent:#00695c;", "--ja-text:#14181F;", "--acme:1px;", "@font-face{font-family: Acme; src: url(" + r.assets.hashed["acme.woff2"] + ")}",
		":root[data-theme=dark]{color-scheme:dark;--ja-bg:#0E1116;",
	} {
		if !strings.Contains(sheet, want) {
			t.Errorf("no %s in %s", want, sheet)
		}
	}
	if n := strings.Count(sheet, "--ja-accent:#80cbc4;"); n != 2 {
		t.Errorf("the dark accent stands %d times, want in both dark blocks", n)
	}
	if w := get(r.Assets(), http.MethodGet, "/assets/"+r.assets.hashed["logo.svg"]); !strings.Contains(w.Body.String(), "<svg xmlns='") {
		t.Error("the logo is not the theme's")
	}
}

func TestThemeIsRefused(t *testing.T) {
	outside := filepath.Join(theme(t, "secret.css", ":root{}"), "secret.css")
	linked := theme(t, "assets/x.css", "")
	if err := os.Symlink(outside, filepath.Join(linked, "assets", "tokens.css")); err != nil {
		t.Fatal(err)
	}
	token := func(css string) string { return theme(t, "assets/tokens.css", css) }
	for name, c := range map[string]struct{ dir, want string }{
		"faint text":        {token(":root{--ja-muted:#aaa}"), "light: --ja-muted on --ja-bg has a contrast of 2.15:1, want 4.5:1"},
		"faint in the dark": {token("@media (prefers-color-scheme:dark){:root{--ja-accent:#223}}"), "dark: --ja-on-accent on --ja-accent"},
		"faint border":      {token(":root{--ja-border:#aab}"), "light: --ja-border on --ja-bg has a contrast of 2.12:1, want 3.0:1"},
		"faint contrast":    {token("@media (prefers-contrast: more){:root{--ja-danger:#d88}}"), "light with more contrast: --ja-danger on --ja-danger-tint"},
		"by reference":      {token(":root{--ja-muted:var(--ja-hairline)}"), "--ja-muted on --ja-bg"},
		"reference loop":    {token(":root{--ja-muted:var(--ja-muted)}"), "--ja-muted"},
		"colour name":       {token(":root{--ja-text:black}"), `light: --ja-text: "black": want a colour as #rgb or #rrggbb`},
		"short hex":         {token(":root{--ja-text:#12}"), "want a colour"},
		"not hex":           {token(":root{--ja-text:#12345g}"), "want a colour"},
		"typing mistake":    {token(":root{--ja-acent:#000}"), "--ja-acent: no page uses this token"},
		"other selector":    {token("body{--ja-text:#000}"), "body: only :root is read"},
		"other media":       {token("@media print{:root{--ja-text:#000}}"), "@media print"},
		"two in a media":    {token("@media (prefers-contrast:more){:root{--a:b} p{--c:d}}"), "one block"},
		"property":          {token(":root{color:red}"), "color:red: want --name: value"},
		"open block":        {token(":root{--ja-text:#000"), "block without an end"},
		"no block":          {token("hello"), "want a block"},
		"bad template":      {theme(t, "templates/login.html", "{{define"), "login.html"},
		"unknown field":     {theme(t, "templates/login.html", `{{define "content"}}{{.P.Nope}}{{end}}`), "Nope"},
		"no content":        {theme(t, "templates/login.html", ""), "content"},
		"unknown template":  {theme(t, "templates/logni.html", ""), "templates/logni.html: no page uses"},
		"unknown kind":      {theme(t, "assets/x.html", ""), "assets/x.html: no page uses"},
		"unknown picture":   {theme(t, "assets/app.css", "p{background:url(nope.png)}"), "nope.png"},
		"huge":              {theme(t, "assets/x.png", strings.Repeat("x", maxThemeFile+1)), "larger than"},
		"link outside":      {linked, "tokens.css"},
		"no folder":         {filepath.Join(t.TempDir(), "none"), "none"},
	} {
		if _, err := New(Options{ThemeDir: c.dir}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestBasePath(t *testing.T) {
	for _, base := range []string{"", "/x", "/x/y-1.2~_"} {
		if _, err := New(Options{BasePath: base}); err != nil {
			t.Errorf("%q: %v", base, err)
		}
	}
	for _, base := range []string{"/", "x", "/x/", "//x", "/x//y", "/../x", "/x?", `/x"`, "/ä", "https://x"} {
		if _, err := New(Options{BasePath: base}); err == nil {
			t.Errorf("%q passes", base)
		}
	}
}

func TestContrastRatios(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"#000", "#fff", true}, {"#777777", "#ffffff", false}, {"#767676", "#ffffff", true}} {
		s := scheme{"x", map[string]string{"--ja-a": c.a, "--ja-b": c.b}}
		front, errA := s.luminance("a")
		back, errB := s.luminance("b")
		ratio := (max(front, back) + 0.05) / (min(front, back) + 0.05)
		if errA != nil || errB != nil || (ratio >= textRatio) != c.want {
			t.Errorf("%s on %s: %.3f %v %v", c.a, c.b, ratio, errA, errB)
		}
	}
}

// TestPageThatFailsWhileDrawn has templates that pass the rehearsal and fail on a value.
func TestPageThatFailsWhileDrawn(t *testing.T) {
	const start = `{{define "content"}}`
	r := newRenderer(t, Options{ThemeDir: theme(t, "templates/expired.html", start+`half a page {{if .P.ClientName}}{{.P.Nope}}{{end}}{{end}}`)})
	w := draw(t, r, "/", http.StatusOK, ExpiredPage{Lang: "de", ClientName: "Acme"})
	if body := w.Body.String(); w.Code != http.StatusInternalServerError || strings.Contains(body, "half a page") || !strings.Contains(body, "Bei uns ist etwas schiefgegangen") {
		t.Errorf("%d %s", w.Code, body)
	}
	r = newRenderer(t, Options{ThemeDir: theme(t, "templates/error.html", start+`half a page {{if .P.Code}}{{.P.Nope}}{{end}}{{end}}`)})
	w = draw(t, r, "/", http.StatusBadRequest, ErrorPage{Code: "x"})
	if body := w.Body.String(); w.Code != http.StatusInternalServerError || body != "Internal Server Error\n" || w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %q %s", w.Code, body, w.Header())
	}
}
