package drills

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/storage"
)

// caller sends requests to a node and tells a lost answer from a bad one: it fails with errGone when the answer was not received in full.
type caller struct {
	http     *http.Client
	tolerant bool // "try again" is errAway
}

// errAway is an answer that says to try again: 503 with Retry-After, or the same in a redirect to the client.
var errAway = errors.New("try again")

// road leads to a node, whatever the URL says.
func (x *node) road() *http.Transport {
	return &http.Transport{DialContext: x.dial, MaxIdleConnsPerHost: 64}
}

// on is a browser with the jar, or something without cookies (nil).
func on(road *http.Transport, jar http.CookieJar) *caller {
	return &caller{http: &http.Client{
		Jar: jar, Timeout: patience, Transport: road,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func newJar() http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it cannot: there are no options
	}
	return jar
}

// cloneJar has the same cookies, and does not see what happens to them later.
func cloneJar(jar http.CookieJar) http.CookieJar {
	home, err := url.Parse(issuer)
	if err != nil {
		panic(err) // it is a constant
	}
	again := newJar()
	again.SetCookies(home, jar.Cookies(home))
	return again
}

// sessionOf reads the id out of the session cookie (internal/session: format, key version, tenant, id, MAC); zero when there is none.
func sessionOf(jar http.CookieJar) (id storage.ID) {
	home, err := url.Parse(issuer)
	if err != nil {
		panic(err) // it is a constant
	}
	for _, c := range jar.Cookies(home) {
		if b, err := base64.RawURLEncoding.DecodeString(c.Value); err == nil && c.Name == "jedan-session" && len(b) > 35 {
			copy(id[:], b[19:35])
		}
	}
	return id
}

// send sends a request; header are further lines, "Name: value".
func (c *caller) send(method, to string, form url.Values, header ...string) (answer, error) {
	if strings.HasPrefix(to, "/") {
		to = issuer + to
	}
	var body *strings.Reader
	if body = strings.NewReader(""); form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(context.Background(), method, to, body)
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.http.Jar != nil { // only browsers say where a form comes from
			req.Header.Set("Origin", issuer)
		}
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errGone, err)
	}
	a, err := readAnswer(resp)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errGone, err)
	}
	if c.tolerant && (a.status == http.StatusServiceUnavailable || a.params().Get("error") == "temporarily_unavailable") {
		if problem := notAway(a); problem != "" {
			return a, unexpected(problem, a)
		}
		return a, errAway
	}
	return a, nil
}

func (c *caller) get(to string) (answer, error) { return c.send(http.MethodGet, to, nil) }

func (c *caller) post(to string, form url.Values, header ...string) (answer, error) {
	return c.send(http.MethodPost, to, form, header...)
}

// walk follows redirects within the issuer and stops at a page, or at a redirect to elsewhere.
func (c *caller) walk(to string) (answer, error) {
	for range 10 {
		a, err := c.get(to)
		if err != nil {
			return a, err
		}
		if to = a.header.Get("Location"); to == "" || !local(to) {
			return a, nil
		}
	}
	return answer{}, errors.New("too many redirects")
}

func local(to string) bool { return strings.HasPrefix(to, "/") || strings.HasPrefix(to, issuer+"/") }

// params are what the client is told when the answer leads to it.
func (a answer) params() url.Values {
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || local(a.header.Get("Location")) {
		return url.Values{}
	}
	return to.Query()
}

func (a answer) has(id string) bool { return strings.Contains(a.raw, `id="`+id+`"`) }

// form reads the page's first form as a browser would send it with every box ticked, plus values.
func (a answer) form(values ...string) (action string, form url.Values, err error) {
	doc, err := html.Parse(strings.NewReader(a.raw))
	if err != nil {
		return "", nil, err
	}
	form = url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || action != "" {
			continue
		}
		action = attribute(n, "action")
		for in := range n.Descendants() {
			if in.Type == html.ElementNode && in.Data == "input" && attribute(in, "name") != "" && attribute(in, "type") != "submit" {
				form.Add(attribute(in, "name"), attribute(in, "value"))
			}
		}
	}
	if action == "" {
		return "", nil, fmt.Errorf("no form: %v", a)
	}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return action, form, nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
