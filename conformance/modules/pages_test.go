package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// posted reads a form_post response: the page's one form leads exactly to the redirect URI and holds only hidden fields.
func (w *world) posted(a *testkit.Answer, rp *testkit.RP) url.Values {
	w.t.Helper()
	if a.Status != 200 || a.Header.Get("Location") != "" {
		w.t.Fatalf("no form_post page: %d %q %.300s", a.Status, a.Header.Get("Location"), a.Body)
	}
	q, action := url.Values{}, ""
	w.elements(a.Body, func(n *html.Node) {
		switch {
		case n.Data == "form":
			action = attribute(n, "action")
		case n.Data == "input" && attribute(n, "type") == "hidden":
			q.Add(attribute(n, "name"), attribute(n, "value"))
		}
	})
	if action != rp.Redirect {
		w.t.Errorf("the form leads to %q, want %q", action, rp.Redirect)
	}
	return q
}

// elements visits every element of a page.
func (w *world) elements(body string, visit func(*html.Node)) {
	w.t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

// seen returns what a page shows, and where it leads or posts.
func (w *world) seen(body string) (text string, links []string) {
	w.t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for _, name := range []string{"href", "src", "action", "formaction"} {
			if v := attribute(n, name); v != "" && !strings.HasPrefix(v, "data:") {
				links = append(links, v)
			}
		}
	}
	return b.String(), links
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// screens shows every page that people can come to, errors among them.
func (w *world) screens() map[string]*testkit.Answer {
	w.t.Helper()
	rp := w.types(storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}, ClientName: "Screens"}, "code")
	out := map[string]*testkit.Answer{}
	get := func(name string, b *testkit.Browser, to string) {
		p := b.Get(to)
		out[name] = &testkit.Answer{Status: p.Status, Header: p.Header, Body: p.Body}
	}
	b := w.Browser()
	get("login", b, w.AuthURL(rp))
	login := b.Get(w.AuthURL(rp))
	out["wrong password"] = login.SubmitRaw("identifier", w.email, "password", "not the password at all")
	consent := login.SignIn(w.email, testkit.Password)
	out["consent"] = &testkit.Answer{Status: consent.Status, Header: consent.Header, Body: consent.Body}
	consent.Allow()
	get("account chooser", b, w.AuthURL(rp, "prompt", "select_account"))
	get("sign in again", b, w.AuthURL(rp, "prompt", "login"))
	get("form_post", b, w.AuthURL(rp, "response_mode", "form_post"))
	get("authorize error", b, w.AuthURL(rp, "redirect_uri", "https://evil.test/cb"))
	get("expired", b, "/login?flow=nonsense")
	get("logout", b, "/oauth2/logout")
	get("logout error", b, "/oauth2/logout?id_token_hint=nonsense")
	get("home", b, "/")
	for _, page := range []string{"password", "profile", "sessions", "apps", "approvals", "activity", "export", "delete"} {
		get(page, b, "/account/"+page)
	}
	get("setup", b, "/setup?token=nonsense")
	get("not found", b, "/nothing/here")
	out["not allowed"] = b.Raw(http.MethodPut, "/login", "", "Accept", "text/html")
	out["foreign form"] = b.Raw(http.MethodPost, "/login", "a=b", "Content-Type", testkit.FormType, "Origin", "https://evil.test")
	out["no form"] = b.Raw(http.MethodPost, "/login", "{}", "Content-Type", "application/json", "Origin", w.URL)
	done := b.Get("/oauth2/logout").Submit()
	out["signed out"] = &testkit.Answer{Status: done.Status, Header: done.Header, Body: done.Body}
	for name, a := range out {
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			w.t.Errorf("%s is no page: %d %q", name, a.Status, a.Header.Get("Content-Type"))
		}
	}
	return out
}

// directive returns the sources of one directive of a page's policy, and whether it is there.
func directive(a *testkit.Answer, name string) ([]string, bool) {
	for part := range strings.SplitSeq(a.Header.Get("Content-Security-Policy"), ";") {
		words := strings.Fields(part)
		if len(words) > 0 && words[0] == name {
			return words[1:], true
		}
	}
	return nil, false
}

// foreign lists sub-resources of a page that are not this server's own.
func (w *world) foreign(a *testkit.Answer) []string {
	w.t.Helper()
	var out []string
	w.elements(a.Body, func(n *html.Node) {
		if !slices.Contains([]string{"img", "script", "link", "iframe", "frame", "object", "embed", "source", "video", "audio", "input", "base"}, n.Data) {
			return
		}
		for _, name := range []string{"src", "href", "srcset", "data"} {
			v := attribute(n, name)
			if v != "" && !strings.HasPrefix(v, "data:") && (!strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//")) {
				out = append(out, n.Data+" "+v)
			}
		}
	})
	return out
}
