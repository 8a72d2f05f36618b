package rp

import (
	"bytes"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

// program is an application of others that runs as a process of its own and is used with a browser.
type program struct {
	*world
	URL   string // of the application
	said  *output
	ended chan struct{}
}

// output is what a process says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// freeAddress is an address on loopback that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// start runs a command that will serve at an address, and waits until it does. It ends with the test.
func (w *world) start(at string, cmd *exec.Cmd) *program {
	w.t.Helper()
	p := &program{world: w, URL: "http://" + at, said: &output{}, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.said, p.said, 5*time.Second
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(p.ended) }()
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-p.ended
		}
		if w.t.Failed() {
			w.t.Logf("%s said:\n%s", cmd.Path, p.said)
		}
	})
	p.serves(at)
	return p
}

// serves waits until the process answers at its address.
func (p *program) serves(at string) {
	p.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-p.ended:
			p.t.Fatal("the program ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.t.Fatal("the program does not listen")
}

// with is the same program, reporting to a subtest.
func (p *program) with(t *testing.T) *program {
	return &program{world: p.world.with(t), URL: p.URL, said: p.said, ended: p.ended}
}

// visit takes a browser to a page of the application, through sign-in and consent where they come, and returns where it ends.
func (p *program) visit(b *testkit.Browser, to string) *testkit.Page {
	p.t.Helper()
	return p.travel(b, to, func(*url.URL) bool { return false })
}

// travel is visit that stops before the browser is sent to a place.
func (p *program) travel(b *testkit.Browser, to string, stop func(*url.URL) bool) *testkit.Page {
	p.t.Helper()
	if strings.HasPrefix(to, "/") {
		to = p.URL + to
	}
	page := b.Get(to)
	for range 20 {
		switch {
		case page.Location != nil && stop(page.Location):
			return page
		case page.Location != nil:
			page = b.Get(page.Location.String())
		case page.HasID("login-password"):
			page = page.SignIn(email, testkit.Password)
		case page.HasID("consent-allow"):
			page = page.Allow()
		default:
			return page
		}
	}
	p.t.Fatalf("too many redirects, the last to %s", page.URL)
	return nil
}

// asksToSignIn takes a browser to a page of the application and stops at the sign-in page, where it must come.
func (p *program) asksToSignIn(b *testkit.Browser, to string) {
	p.t.Helper()
	page := b.Get(p.URL + to)
	for range 5 {
		if page.Location == nil {
			break
		}
		page = b.Get(page.Location.String())
	}
	if !page.HasID("login-password") {
		p.t.Errorf("%s does not lead to the sign-in page but to %s (status %d)", to, page.URL, page.Status)
	}
}

// comesBack signs the person in and stops at the URL that brings the answer to the application.
func (p *program) comesBack(b *testkit.Browser, to string) *url.URL {
	p.t.Helper()
	page := p.travel(b, to, func(u *url.URL) bool { return u.Query().Has("code") })
	if page.Location == nil {
		p.t.Fatalf("nothing comes back to the application but %s: %d %.400s", page.URL, page.Status, page.Body)
	}
	return page.Location
}

// forged is a URL with a parameter changed.
func forged(u *url.URL, name, value string) string {
	q, out := u.Query(), *u
	q.Set(name, value)
	out.RawQuery = q.Encode()
	return out.String()
}

// call asks the application as another program does, with a bearer token.
func (p *program) call(path, token string) *testkit.Answer {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.URL+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return p.Do(req)
}
