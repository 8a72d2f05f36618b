package testkit

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Browser is a person's browser without scripts: it keeps cookies, sends Origin with forms and follows redirects within the issuer.
type Browser struct {
	s    *Server
	HTTP *http.Client
	Jar  *cookiejar.Jar
}

// Page is what the browser shows, or where it was sent outside the issuer.
type Page struct {
	Status   int
	URL      *url.URL
	Header   http.Header
	Body     string
	Location *url.URL // set when the server sent the browser to another site
	b        *Browser
}

// Browser opens a new one.
func (s *Server) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.T.Fatal(err)
	}
	c := plainClient(s.roots, s.via)
	c.Jar = jar
	return &Browser{s: s, HTTP: c, Jar: jar}
}

// Get opens a URL; a path is below the issuer.
func (b *Browser) Get(to string) *Page {
	b.s.T.Helper()
	req, err := http.NewRequest(http.MethodGet, b.absolute(to), nil)
	if err != nil {
		b.s.T.Fatal(err)
	}
	return b.follow(req)
}

// Post sends a form as a page of the issuer would.
func (b *Browser) Post(to string, form url.Values) *Page {
	b.s.T.Helper()
	return b.PostFrom(b.s.URL, to, form)
}

// PostFrom sends a form as a page of the given origin would.
func (b *Browser) PostFrom(origin, to string, form url.Values) *Page {
	b.s.T.Helper()
	req, err := http.NewRequest(http.MethodPost, b.absolute(to), strings.NewReader(form.Encode()))
	if err != nil {
		b.s.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	return b.follow(req)
}

func (b *Browser) absolute(to string) string {
	if strings.HasPrefix(to, "/") {
		return b.s.URL + to
	}
	return to
}

func (b *Browser) follow(req *http.Request) *Page {
	b.s.T.Helper()
	for range 20 {
		resp, err := b.HTTP.Do(req)
		if err != nil {
			b.s.T.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			b.s.T.Fatal(err)
		}
		p := &Page{Status: resp.StatusCode, URL: req.URL, Header: resp.Header, Body: string(body), b: b}
		to, err := resp.Location()
		if err != nil {
			return p
		}
		if !strings.HasPrefix(to.String(), b.s.URL+"/") {
			p.Location = to
			return p
		}
		if req, err = http.NewRequest(http.MethodGet, to.String(), nil); err != nil {
			b.s.T.Fatal(err)
		}
	}
	b.s.T.Fatal("too many redirects")
	return nil
}

// Form returns the first form's action and fields as a browser would send them without a click, plus values.
func (p *Page) Form(values ...string) (action string, form url.Values) {
	p.b.s.T.Helper()
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.b.s.T.Fatal(err)
	}
	node := find(doc, "form")
	if node == nil {
		p.b.s.T.Fatalf("no form on %s (status %d):\n%.600s", p.URL.Path, p.Status, p.Body)
	}
	form = url.Values{}
	collect(node, form)
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return attr(node, "action"), form
}

// Submit sends the page's first form with values set.
func (p *Page) Submit(values ...string) *Page {
	p.b.s.T.Helper()
	action, form := p.Form(values...)
	to, err := p.URL.Parse(action)
	if err != nil {
		p.b.s.T.Fatal(err)
	}
	return p.b.Post(to.String(), form)
}

// HasID reports whether an element with the id is on the page.
func (p *Page) HasID(id string) bool { return strings.Contains(p.Body, `id="`+id+`"`) }

func find(n *html.Node, tag string) *html.Node {
	if n.Type == html.ElementNode && n.Data == tag {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find(c, tag); f != nil {
			return f
		}
	}
	return nil
}

// collect gathers what a form sends without a click: hidden and text fields, and boxes that are checked.
func collect(n *html.Node, form url.Values) {
	if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") != "" {
		switch attr(n, "type") {
		case "checkbox", "radio":
			if has(n, "checked") {
				form.Add(attr(n, "name"), attr(n, "value"))
			}
		case "submit", "button":
		default:
			form.Add(attr(n, "name"), attr(n, "value"))
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		collect(c, form)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
