//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// ours is the built program, serving its site.
type ours struct {
	*program
	*certified
	s   *sites
	log *output
}

// ours starts the program with settings beside those that every site of its own needs.
func (s *sites) ours(settings ...string) *ours {
	s.t.Helper()
	p := build(s.t)
	at := s.site(ourHost)
	p.command = s.command
	p.env = append([]string{
		"JEDAN_ISSUER=" + at.url, `JEDAN_LISTEN=["` + at.at + `"]`, "JEDAN_TLS__CERTIFICATE=" + at.cert, "JEDAN_TLS__KEY=" + at.key, "SSL_CERT_FILE=" + s.ca,
	}, settings...)
	return &ours{program: p, certified: at, s: s, log: s.start(at.at, p.process("serve"))}
}

// connector adds an upstream; what config has of secrets is for the file.
func (o *ours) connector(name, kind string, config map[string]any, settings ...string) {
	o.t.Helper()
	all := map[string]any{"create": true, "config": config}
	for i := 0; i < len(settings); i += 2 {
		all[settings[i]] = json.RawMessage(settings[i+1])
	}
	o.run("connectors", "create", name, "--kind", kind, "--title", name, "--file", o.file("connector.json", map[string]any{"settings": all}))
	document := o.url + "/federation/" + name + "/jwks"
	if kind == "saml" {
		document = o.url + "/saml/" + name + "/metadata"
	}
	o.soon("the connector "+name, func() bool { // the server sees what the command has done within a second
		resp, err := o.s.http.Get(document)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// soon waits for what becomes true by itself.
func (o *ours) soon(what string, good func() bool) time.Duration {
	o.t.Helper()
	began := time.Now()
	for !good() {
		if time.Since(began) > 30*time.Second {
			o.t.Fatalf("%s: not within 30 s", what)
		}
		time.Sleep(20 * time.Millisecond) // the other is a process of its own
	}
	return time.Since(began)
}

// client registers an application and returns its id and secret.
func (o *ours) client(metadata map[string]any) (id, secret string) {
	o.t.Helper()
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	out := o.run("clients", "create", "--file", o.file("client.json", metadata)).out
	if err := json.Unmarshal(out, &made); err != nil {
		o.t.Fatalf("%v: %s", err, out)
	}
	return made.ID, made.Secret
}

// fetched is a document over the sites' TLS.
func (s *sites) fetched(at string) []byte {
	s.t.Helper()
	resp, err := s.http.Get(at)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %v %.500s", at, resp.StatusCode, err, body)
	}
	return body
}

// form posts one, with a client's name and secret where there are any, and returns the JSON of the answer.
func (s *sites) form(at, user, password string, form url.Values) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		req.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(password))
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	body, err := io.ReadAll(resp.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &out)
	}
	if err != nil {
		s.t.Fatalf("%s: %d %v %.500s", at, resp.StatusCode, err, body)
	}
	return resp.StatusCode, out
}

// findings are what was seen to hold, for the report.
type findings struct {
	t     *testing.T
	lines []string
}

func (f *findings) hold(what string, good bool, got ...any) {
	f.t.Helper()
	if !good {
		f.t.Errorf("%s: %s", what, fmt.Sprintln(got...))
		return
	}
	f.lines = append(f.lines, "- "+what)
}

// within holds that something takes no longer than a bound, and says how long it took.
func (f *findings) within(what string, took, most time.Duration) {
	f.t.Helper()
	f.hold(fmt.Sprintf("%s, in %d ms", what, took.Milliseconds()), took <= most, took)
}

const ourPassword = "seventeen green turtles"

// leads presses the button of an upstream on the sign-in page.
func (o *ours) leads(b *tab, connector string) {
	b.t.Helper()
	b.see("#login-submit")
	button := chromedp.CSS("#login-connector-" + connector)
	if b.has("#login-more " + button) { // with many of them some are folded away
		b.press("#login-more summary", button)
	}
	b.click(button)
}

// signIn signs somebody of ours in.
func (o *ours) signIn(b *tab, email string) {
	b.t.Helper()
	b.see("#login-identifier")
	b.enter("#login-identifier", email)
	b.enter("#login-password", ourPassword)
	b.click("#login-submit")
}

// signedOut is what our last page of a sign-out has.
const signedOut = "main:not(:has(#leaving-next)) .sign.good"

// signOut signs the person out here; where that ends is for arrives.
func (o *ours) signOut(b *tab) {
	b.t.Helper()
	b.visit(o.url + "/logout")
	b.click("#logout-confirm")
}
