package modules

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// payloads break out of text, attributes, scripts and comments where nothing is escaped; each would leave an element of the name injected.
func payloads() []string {
	return []string{
		`<injected>`, `"><injected x="`, `'><injected x='`, `</title><injected>`, `--><injected>`, `</script><injected>`, `" onmouseover="injected()`,
		`' onfocus='injected()`, "`\"><injected>", `javascript:injected()//`, "\u2028<injected>", `&lt;injected&gt;<injected/>`, `{{.P.CSRF}}<injected>`,
	}
}

// harmless wants a page in which nothing that was sent has become code.
func (w *world) harmless(name string, a *testkit.Answer) {
	w.t.Helper()
	if !isPage(a) {
		if strings.Contains(a.Body, "<injected") && !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			w.t.Errorf("%s: %s repeats it", name, a.Header.Get("Content-Type"))
		}
		return
	}
	w.codeless(name, a)
	w.elements(a.Body, func(n *html.Node) {
		if n.Data == "injected" {
			w.t.Errorf("%s: injected: %.200s", name, a.Body)
		}
		for _, at := range n.Attr {
			if at.Key == "x" || strings.HasPrefix(at.Key, "injected") || strings.HasPrefix(at.Key, "onm") || strings.HasPrefix(at.Key, "onf") {
				w.t.Errorf("%s: attribute %s=%q", name, at.Key, at.Val)
			}
		}
	})
}

func answer(p *testkit.Page) *testkit.Answer {
	return &testkit.Answer{Status: p.Status, Header: p.Header, Body: p.Body}
}

// WB02: whatever is sent and shown again is text.
func TestWB02_ReflectedXSS(t *testing.T) {
	w := alone(t, cheap, free)
	rp := w.types(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}}, "code")
	b := w.Browser()
	w.in(guess(b, w.email, testkit.Password))
	shown := 0
	for _, bad := range payloads() {
		at := func(path string, names ...string) {
			for _, name := range names {
				q := url.Values{name: {bad}}.Encode()
				w.harmless(path+" "+name, answer(b.Get(path+"?"+q)))
				w.harmless("JSON "+path+" "+name, w.Get(path+"?"+q, "Accept", "application/json"))
			}
		}
		for _, name := range []string{
			"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "display", "ui_locales", "claims_locales", "login_hint", "id_token_hint",
			"acr_values", "claims", "max_age", "resource", "code_challenge", "code_challenge_method", "error", "error_description", "error_hint", "flow", bad,
		} {
			w.harmless("authorize "+name, answer(b.Get(w.AuthURL(rp, name, bad))))
			w.harmless("authorize, form_post, "+name, answer(b.Get(w.AuthURL(rp, "response_mode", "form_post", name, bad))))
			w.harmless("authorize, signed out, "+name, answer(w.Browser().Get(w.AuthURL(rp, name, bad))))
		}
		at("/login", "flow", "step", "error", "ja_lang", "ja_theme", "login_hint", "return_to")
		at("/login/account", "flow", "error")
		at("/consent", "flow", "error")
		at("/setup", "token", "error")
		at("/account/password", "error", "username")
		at("/oauth2/logout", "id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
		at("/oauth2/userinfo", "error", "access_token")
		at("/", "error", "error_description", "ja_lang")
		w.harmless("a path", answer(b.Get("/"+url.PathEscape(bad))))
		w.harmless("a host", w.Do(hosted(w, bad)))
		w.harmless("language", answer(w.sending(func(r *http.Request) { r.Header.Set("Accept-Language", url.QueryEscape(bad)) }).Get("/login")))

		login := w.Browser().Get(w.AuthURL(rp, "login_hint", bad))
		p := login.Submit("identifier", bad, "password", bad)
		w.harmless("what was typed", answer(p))
		if strings.Contains(p.Body, html.EscapeString(bad)) {
			shown++
		}
		w.harmless("change of password", answer(b.Get("/account/password").Submit("current_password", bad, "new_password", bad)))
		w.harmless("set-up", answer(w.Browser().Get(w.setupLink()).Submit("email", bad, "name", bad, "password", bad)))
		w.harmless("token endpoint", w.Call("/oauth2/token", rp, url.Values{"grant_type": {bad}, "scope": {bad}}))
		back := b.Get(w.AuthURL(rp, "response_mode", "form_post", "state", bad, "prompt", "consent"))
		w.harmless("consent", answer(back))
		w.harmless("form_post with a code", answer(back.Allow()))
	}
	if shown == 0 {
		t.Error("nothing was shown again: the test proves nothing")
	}
}

// hosted is a request for another Host.
func hosted(w *world, host string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, w.URL+"/login", nil)
	w.must(err)
	r.Host = strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' {
			return -1
		}
		return c
	}, host)
	r.Header.Set("Accept", "text/html")
	return r
}

// WB02: names that were stored are text on every page that shows them.
func TestWB02_StoredNames(t *testing.T) {
	w := alone(t, cheap, free)
	for i, bad := range payloads() {
		if strings.ContainsAny(bad, "\u2028") {
			continue // refused on its way in
		}
		email := "named" + string(rune('a'+i)) + "@example.org"
		hash, err := w.App.Hasher.Hash(t.Context(), testkit.Password)
		w.must(err)
		claims := directory.Claims{"email": email, "name": bad, "given_name": bad, "nickname": bad, "phone_number": "+385912345678"}
		_, err = w.App.Directory.Create(t.Context(), w.App.Tenant, directory.NewPerson{Claims: claims, PasswordHash: hash}, testkit.Operator())
		w.must(err)
		rp := w.Client(storage.ClientMetadata{ClientName: bad, RedirectURIs: []string{"https://app.test/cb"}, PostLogoutRedirectURIs: []string{"https://app.test/out"}, InitiateLoginURI: "https://app.test/start"})
		b := w.Browser()
		login := b.Get(w.AuthURL(rp))
		w.harmless("login", answer(login))
		consent := login.SignIn(email, testkit.Password)
		w.harmless("consent", answer(consent))
		if !strings.Contains(consent.Body, html.EscapeString(bad)) && !strings.Contains(consent.Body, strings.TrimSpace(html.EscapeString(bad))) {
			t.Errorf("%q is not shown: %.900s", bad, consent.Body)
		}
		consent.Allow()
		w.harmless("accounts", answer(b.Get(w.AuthURL(rp, "prompt", "select_account"))))
		w.harmless("home", answer(b.Get("/")))
		w.harmless("logout", answer(b.Get("/oauth2/logout?client_id="+rp.ID)))
		w.harmless("expired", answer(w.Browser().Get("/login?flow="+login.URL.Query().Get("flow"))))
	}
	_, err := w.App.Registrar.Create(t.Context(), storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, ClientURI: "javascript:injected()", PolicyURI: "javascript:injected()"}, register.Options{Actor: registrarActor()})
	if err == nil {
		t.Error("a javascript: link was registered")
	}
}

// WB06: no parameter leads away from this server, whatever it looks like.
func TestWB06_OpenRedirect(t *testing.T) {
	w := alone(t, cheap, free)
	targets := []string{
		"//evil.test", `/\evil.test`, "/%09/evil.test", "/%5cevil.test", "https:evil.test", `\\evil.test`, "https://evil.test", "http://evil.test", "///evil.test", "/\t/evil.test",
		"https://" + w.issuer().Host + "@evil.test", "https://" + w.issuer().Host + ".evil.test", "javascript:alert(1)", "data:text/html,x", "/.evil.test", "/../..//evil.test", ".evil.test", "@evil.test",
	}
	stays := func(name string, a *testkit.Answer) {
		t.Helper()
		for _, header := range []string{"Location", "Refresh", "Link", "Content-Location"} {
			if to := a.Header.Get(header); to != "" && !strings.HasPrefix(to, w.URL+"/") && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n")) {
				t.Errorf("%s: %s: %s", name, header, to)
			}
		}
		if isPage(a) {
			w.elements(a.Body, func(n *html.Node) {
				for _, at := range n.Attr {
					if at.Key == "href" || at.Key == "action" || at.Key == "src" || at.Key == "formaction" || at.Key == "content" && attribute(n, "http-equiv") != "" {
						if u, err := url.Parse(at.Val); err != nil || strings.Contains(u.Host, "evil") || u.Scheme != "" && !strings.HasPrefix(at.Val, w.URL+"/") && !strings.HasPrefix(at.Val, "https://app.test") {
							t.Errorf("%s: %s=%q", name, at.Key, at.Val)
						}
					}
				}
			})
		}
	}
	signedIn := w.Browser()
	w.in(guess(signedIn, w.email, testkit.Password))
	for _, target := range targets {
		q := url.Values{}
		for _, name := range []string{"return_to", "next", "return", "redirect", "redirect_to", "continue", "url", "post_logout_redirect_uri", "redirect_uri", "target", "ReturnUrl", "rd", "back"} {
			q.Set(name, target)
		}
		for _, path := range w.paths() {
			for _, b := range []*testkit.Browser{w.Browser(), signedIn} {
				stays("GET "+path, b.Raw(http.MethodGet, path+"?"+q.Encode(), ""))
				stays("POST "+path, b.Raw(http.MethodPost, path, q.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL))
			}
		}
		fresh := w.Browser()
		p := fresh.Get("/login?" + q.Encode())
		stays("after signing in", p.SubmitRaw(append([]string{"identifier", w.email, "password", testkit.Password}, pairs(q)...)...))
		stays("as a path", w.Get(w.URL+"/"+strings.ReplaceAll(target, "\t", "%09")))
		stays("as a path of another loopback name", w.Get(strings.Replace(w.URL, "127.0.0.1", "localhost", 1)+"/"+strings.ReplaceAll(target, "\t", "%09")))
	}
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, PostLogoutRedirectURIs: []string{"https://app.test/out"}})
	hint := w.tokens(rp).Text("id_token")
	a := w.Get("/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://app.test/out"}}.Encode())
	if a.Header.Get("Location") != "https://app.test/out" {
		t.Errorf("a registered address: %d %s", a.Status, a.Header.Get("Location"))
	}
}

func pairs(q url.Values) []string {
	var out []string
	for name := range q {
		out = append(out, name, q.Get(name))
	}
	return out
}

// WB09: languages, themes and file names lead to no other file.
func TestWB09_LocaleAndStaticTraversal(t *testing.T) {
	theme := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside.css")
	if err := os.MkdirAll(filepath.Join(theme, "assets"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{outside, filepath.Join(theme, "secret.txt")} {
		if err := os.WriteFile(name, []byte("traversal-canary"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := alone(t, cheap, themed(theme))
	rp := w.Client(storage.ClientMetadata{})
	contains := func(body string) bool {
		return strings.Contains(body, "traversal-canary") || strings.Contains(body, "root:x:") || strings.Contains(body, "module github.com") || strings.Contains(body, "SQLite format")
	}
	lang := func(p *testkit.Page) (found string) {
		w.elements(p.Body, func(n *html.Node) {
			if n.Data == "html" {
				found = attribute(n, "lang")
			}
		})
		return found
	}
	for _, locale := range []string{
		"../../etc/passwd", "../../../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "de/../../en", "/etc/passwd", "en\x00", "file:///etc/passwd", "{{.}}", "de;../..", strings.Repeat("../", 200) + "etc/passwd",
	} {
		for name, p := range map[string]*testkit.Page{
			"ui_locales": w.Browser().Get(w.AuthURL(rp, "ui_locales", locale)),
			"ja_lang":    w.Browser().Get("/?" + url.Values{"ja_lang": {locale}}.Encode()),
			"theme":      w.Browser().Get("/?" + url.Values{"theme": {locale}, "ja_theme": {locale}}.Encode()),
			"cookie": w.sending(func(r *http.Request) {
				r.Header.Set("Cookie", "ja_lang="+url.PathEscape(locale)+"; ja_theme="+url.PathEscape(locale))
			}).Get("/"),
			"header": w.sending(func(r *http.Request) { r.Header.Set("Accept-Language", strings.Trim(locale, "\x00")) }).Get("/"),
		} {
			if p.Status >= 500 || contains(p.Body) || isPage(answer(p)) && lang(p) != "en" {
				t.Errorf("%s %q: %d, language %q: %.200s", name, locale, p.Status, lang(p), p.Body)
			}
		}
	}
	if p := w.Browser().Get(w.AuthURL(rp, "ui_locales", "de")); lang(p) != "de" {
		t.Errorf("German is shown in %q", lang(p))
	}
	for _, path := range []string{
		"/assets/..%2f..%2fgo.mod", "/assets/..%2fsecret.txt", "/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/%2e%2e%2fsecret.txt", "/assets/..%5csecret.txt", "/assets//etc/passwd",
		"/assets/%2fetc%2fpasswd", "/assets/....//secret.txt", "/assets/..;/secret.txt", "/assets/" + strings.ReplaceAll(outside, "/", "%2f"), "/assets/", "/assets/.", "/assets/tokens.css%00.txt",
		"/assets/templates/login.html", "/assets/..%2ftemplates%2flogin.html", "/..%2f..%2fetc%2fpasswd", "/assets/..%c0%af..%c0%afetc/passwd", "/assets/tokens.css",
	} {
		if a := w.Get(w.URL + path); a.Status != http.StatusNotFound && a.Status != http.StatusBadRequest || contains(a.Body) {
			t.Errorf("%s: %d %.100s", path, a.Status, a.Body)
		}
	}
	w.elements(w.Browser().Get("/").Body, func(n *html.Node) {
		if n.Data == "link" && attribute(n, "rel") == "stylesheet" {
			if a := w.Get(attribute(n, "href")); a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/css") {
				t.Errorf("%s: %d", attribute(n, "href"), a.Status)
			}
		}
	})
}
