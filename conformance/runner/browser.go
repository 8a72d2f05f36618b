package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// maxSteps bounds redirects and forms that follow each other.
const maxSteps = 40

// browser is a person's, without scripts, between the server under test and the suite: it keeps cookies, follows redirects, and sends the forms
// that a script would send.
type browser struct {
	http   *http.Client
	issuer *url.URL
	suite  *url.URL
	stays  bool // it goes nowhere where the suite is
}

// byHost sends what is for the suite by the client that accepts its certificate.
type byHost struct {
	suite             string
	toSuite, toServer http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == b.suite {
		return b.toSuite.RoundTrip(r)
	}
	return b.toServer.RoundTrip(r)
}

func (r *Runner) newBrowser() (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	issuer, err := url.Parse(r.config.Issuer)
	if err != nil {
		return nil, err
	}
	suite, err := url.Parse(r.config.Suite)
	if err != nil {
		return nil, err
	}
	return &browser{issuer: issuer, suite: suite, http: &http.Client{
		Jar: jar, Timeout: requestTimeout, CheckRedirect: refuseRedirect,
		Transport: byHost{suite: suite.Host, toSuite: transportOf(r.deps.HTTP), toServer: transportOf(r.deps.Public)},
	}}, nil
}

func transportOf(c *http.Client) http.RoundTripper {
	if c.Transport == nil {
		return http.DefaultTransport
	}
	return c.Transport
}

// page is what the browser shows in the end.
type page struct {
	url    *url.URL
	status int
	doc    *html.Node
}

// get opens an address, and whatever it leads to.
func (b *browser) get(ctx context.Context, address string) (*page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return b.follow(req)
}

// submit sends a form of a page.
func (b *browser) submit(ctx context.Context, p *page, form *html.Node) (*page, error) {
	req, err := b.request(ctx, p, form)
	if err != nil {
		return nil, err
	}
	return b.follow(req)
}

func (b *browser) request(ctx context.Context, p *page, form *html.Node) (*http.Request, error) {
	to, err := p.url.Parse(attribute(form, "action"))
	if err != nil {
		return nil, fmt.Errorf("the form's address: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(fields(form).Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.url.Scheme+"://"+p.url.Host)
	return req, nil
}

func (b *browser) follow(req *http.Request) (*page, error) {
	for range maxSteps {
		p, next, err := b.step(req)
		if err != nil || next == nil {
			return p, err
		}
		req = next
	}
	return nil, errors.New("the browser was sent round in circles")
}

// step makes one request. next is what the browser does by itself then; nil: nothing.
func (b *browser) step(req *http.Request) (p *page, next *http.Request, err error) {
	ctx := req.Context()
	req.Header.Set("Accept", "text/html,*/*")
	res, err := b.http.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("the browser at %s: %w", withoutQuery(req.URL.String()), err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if to, err := res.Location(); err == nil && res.StatusCode/100 == 3 {
		if to.Host != b.issuer.Host && (b.stays || to.Host != b.suite.Host) {
			return &page{url: to, status: res.StatusCode, doc: &html.Node{}}, nil, nil
		}
		next, err = http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
		return nil, next, err
	}
	doc, err := html.Parse(io.LimitReader(res.Body, maxDocument))
	if err != nil {
		return nil, nil, err
	}
	p = &page{url: req.URL, status: res.StatusCode, doc: doc}
	next, err = b.goesOn(ctx, p)
	return p, next, err
}

// goesOn is what the page's script does by itself: it sends a form, or leads on once its frames have been loaded; nil: nothing.
func (b *browser) goesOn(ctx context.Context, p *page) (*http.Request, error) {
	if form := b.automatic(p); form != nil {
		return b.request(ctx, p, form)
	}
	if a := p.byID("leaving-next"); a != nil && p.url.Host == b.issuer.Host {
		to, err := p.url.Parse(attribute(a, "href"))
		if err != nil {
			return nil, fmt.Errorf("the address that the page leads on to: %w", err)
		}
		return http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil)
	}
	if p.url.Host == b.suite.Host {
		return b.frames(ctx, p)
	}
	return nil, nil
}

// automatic is the form that a script of the page sends; nil: there is none.
func (b *browser) automatic(p *page) *html.Node {
	if p.url.Host == b.issuer.Host {
		return p.byID("form-post")
	}
	if body := first(p.doc, func(n *html.Node) bool { return n.Data == "body" && attribute(n, "onload") != "" }); body != nil {
		return first(body, func(n *html.Node) bool { return n.Data == "form" })
	}
	return nil
}

func (p *page) byID(id string) *html.Node {
	return first(p.doc, func(n *html.Node) bool { return attribute(n, "id") == id })
}

// text is what the element with the id says; "" when there is none.
func (p *page) text(id string) string {
	n := p.byID(id)
	if n == nil {
		return ""
	}
	var b strings.Builder
	each(n, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return strings.TrimSpace(b.String())
}

func first(root *html.Node, is func(*html.Node) bool) (found *html.Node) {
	each(root, func(n *html.Node) {
		if found == nil && n.Type == html.ElementNode && is(n) {
			found = n
		}
	})
	return found
}

func each(n *html.Node, do func(*html.Node)) {
	do(n)
	for c := range n.ChildNodes() {
		each(c, do)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// fields are what a form sends without a click.
func fields(form *html.Node) url.Values {
	out := url.Values{}
	each(form, func(n *html.Node) {
		if n.Data == "input" && attribute(n, "name") != "" && attribute(n, "type") != "submit" {
			out.Add(attribute(n, "name"), attribute(n, "value"))
		}
	})
	return out
}
