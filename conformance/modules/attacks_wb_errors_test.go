package modules

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// inside matches what only the inside of the server knows: statements, drivers, source lines, stacks, folders.
func inside(w *world) *regexp.Regexp {
	return regexp.MustCompile(`(?i)select |insert into|sql(ite)?[: _]|sqlstate|no such table|relation |pgx|gorm|goroutine|\.go:\d|panic|runtime error|nil pointer|stack|errs\.|fosite|0x[0-9a-f]{8}|` +
		`_away|constraint|` + regexp.QuoteMeta(w.App.Config.Data) + `|error_hint|error_debug|status_code`)
}

// opaque wants an answer that says nothing of the inside, and returns the id that it shows.
func (w *world) opaque(name string, a *testkit.Answer) (id string) {
	w.t.Helper()
	body := a.Body
	if isPage(a) {
		body = ""
		w.elements(a.Body, func(n *html.Node) {
			if attribute(n, "id") == "error-id" && n.FirstChild != nil {
				id = n.FirstChild.Data
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type == html.TextNode {
					body += c.Data + "\n"
				}
			}
		})
	} else if s, _ := a.JSON["error_id"].(string); s != "" {
		id = s
	}
	for header, values := range a.Header {
		if !slices.Contains([]string{"Content-Security-Policy", "Location", "Set-Cookie", "Etag"}, header) {
			body += header + " " + strings.Join(values, " ") + "\n"
		}
	}
	body = random().ReplaceAllString(body, "…")
	if found := inside(w).FindString(body + a.Location().Query().Get("error_description")); found != "" {
		w.t.Errorf("%s (%d) says %q: %.400s", name, a.Status, found, body)
	}
	return id
}

// random is what tokens, keys and ids are made of: any short word may be in one by chance.
func random() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_-]{22,}`) }

// logged wants an error id in the log, with what the answer hid.
func (w *world) logged(id string) {
	w.t.Helper()
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || !strings.Contains(w.Log.String(), id) {
		w.t.Errorf("the id %q is not in the log", id)
	}
}

// WB08: a statement that fails, at every route: 500 with an id, and nothing of the inside; and the server lives.
func TestWB08_BrokenStatements(t *testing.T) {
	w := alone(t, cheap, free)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp, "scope", "openid email offline_access")
	tokens := w.offline(rp)
	seen := map[int]int{}
	look := func(name string, a *testkit.Answer) {
		if strings.Contains(name, "/metrics") && a.Status == http.StatusOK {
			return // for operators of this machine: AD20
		}
		id := w.opaque(name, a)
		seen[a.Status]++
		if a.Status == http.StatusInternalServerError && isPage(a) {
			w.logged(id)
		}
	}
	for _, table := range []string{"people", "sessions", "clients", "grants", "consents", "audit_events", "setup_links", "resources", "denials"} {
		page, change := w.Browser().Get("/login"), b.Get("/account/password")
		code := w.code(rp)
		w.without(table, func() {
			w.touch(b, look)
			look("sign-in", page.SubmitRaw("identifier", w.email, "password", testkit.Password))
			if slices.Contains([]string{"people", "sessions", "grants", "audit_events"}, table) { // a change needs them all, or it did not happen
				look("change", change.SubmitRaw("current_password", testkit.Password, "new_password", "not so common a password"))
			}
			look("authorize", b.Raw(http.MethodGet, w.AuthURL(rp, "prompt", "consent"), ""))
			look("redeem", w.Redeem(rp, code))
			look("refresh", w.Refresh(rp, tokens.Text("refresh_token")))
			look("introspect", w.Introspect(rp, tokens.Text("access_token")))
			look("revoke", w.Call("/oauth2/revoke", rp, url.Values{"token": {"jdr_nonsense"}}))
			look("userinfo", w.Userinfo(tokens.Text("access_token")))
		})
	}
	if seen[http.StatusInternalServerError] < 10 {
		t.Errorf("only %d answers were 500: %v", seen[http.StatusInternalServerError], seen)
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
	w.ok(w.Refresh(rp, tokens.Text("refresh_token")))
}

// WB08: a panic in a handler is a 500 with an id; its text and stack are in the log alone, and the next request is answered.
func TestWB08_Panic(t *testing.T) {
	w := alone(t, cheap, free)
	page, other := w.Browser().Get("/login"), w.Browser().Get("/login")
	*w.App.Hasher = password.Hasher{} // its first use is a nil pointer
	mark := w.Log.Mark()
	a := page.SubmitRaw("identifier", w.email, "password", testkit.Password)
	id := w.opaque("panic", a)
	w.logged(id)
	if said := w.Log.Since(mark); a.Status != http.StatusInternalServerError || !strings.Contains(said, "nil pointer") || !strings.Contains(said, "hasher.go") {
		t.Errorf("%d; the log has no panic with its stack: %.300s", a.Status, said)
	}
	w.protected("panic", a)
	second := w.opaque("panic", other.SubmitRaw("identifier", w.email, "password", testkit.Password))
	if second == id || second == "" {
		t.Errorf("two failures have the ids %q and %q", id, second)
	}
	w.ok(w.Get("/health/ready"))
	if p := w.Browser().Get("/login"); p.Status != http.StatusOK {
		t.Errorf("the server is gone: %d", p.Status)
	}
}

// WB08: bad input, a lot of it, is 4xx without a word of the inside.
func TestWB08_BadInput(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	odd := []string{"", "'", "' OR 1=1 --", `"`, "\\", "%", "\x00", "\xff\xfe", "\r\nX: y", "😀", strings.Repeat("A", 5000), "null", "[]", "{}", "-1", "1e999", "../../x", "${jndi:ldap://x}", "{{7*7}}", "jdc_AAAA", "jdr_AAAA", "jda_AAAA", "eyJhbGciOiJub25lIn0.e30."}
	for _, v := range odd {
		for name, a := range map[string]*testkit.Answer{
			"code":          w.Redeem(rp, v),
			"refresh":       w.Refresh(rp, v),
			"introspect":    w.Introspect(rp, v),
			"revoke":        w.Call("/oauth2/revoke", rp, url.Values{"token": {v}}),
			"grant type":    w.Call("/oauth2/token", rp, url.Values{"grant_type": {v}}),
			"client":        w.Call("/oauth2/token", &testkit.RP{ID: v, Secret: v}, url.Values{"grant_type": {"client_credentials"}}),
			"raw body":      w.Raw(http.MethodPost, "/oauth2/token", v, "Content-Type", testkit.FormType),
			"authorization": w.Raw(http.MethodPost, "/oauth2/token", "grant_type=x", "Content-Type", testkit.FormType, "Authorization", "Basic "+url.QueryEscape(v)),
			"userinfo":      w.Get("/oauth2/userinfo", "Authorization", "Bearer "+url.QueryEscape(v)),
			"state":         w.Get(w.AuthURL(rp, "state", v)),
			"client_id":     w.Get(w.AuthURL(rp, "client_id", v)),
			"scope":         w.Get(w.AuthURL(rp, "scope", v)),
			"claims":        w.Get(w.AuthURL(rp, "claims", v)),
			"hint":          w.Get(w.AuthURL(rp, "id_token_hint", v)),
			"max_age":       w.Get(w.AuthURL(rp, "max_age", v)),
			"flow":          w.Get("/oauth2/authorize?" + url.Values{"flow": {v}, "step": {v}}.Encode()),
			"set-up":        w.Get("/setup?" + url.Values{"token": {v}}.Encode()),
			"logout":        w.Get("/oauth2/logout?" + url.Values{"client_id": {v}, "id_token_hint": {v}}.Encode()),
			"session":       w.Get("/account/password", "Cookie", "jedan-session="+url.QueryEscape(v)+"; jedan-browser="+url.QueryEscape(v)),
		} {
			w.opaque(name, a)
			if a.Status >= 500 {
				t.Errorf("%s=%.20q: %d %.200s", name, v, a.Status, a.Body)
			}
		}
	}
	w.tokens(rp)
}
