package modules

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestOIDCC_FrontchannelLogoutDiscoveryEndpointVerification(t *testing.T) {
	meta := open(t).Get("/.well-known/openid-configuration").JSON
	for _, name := range []string{"frontchannel_logout_supported", "frontchannel_logout_session_supported"} {
		if meta[name] != true {
			t.Errorf("%s is %v", name, meta[name])
		}
	}
}

// framed are the addresses of a page's frames.
func framed(t *testing.T, p *testkit.Page) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "iframe" {
			for _, a := range n.Attr {
				if a.Key == "src" {
					out = append(out, a.Val)
				}
			}
		}
	}
	return out
}

// fronted registers a client that hears of logouts in the browser.
func (w *world) fronted(uri string) *ear {
	return &ear{w: w, RP: w.Client(storage.ClientMetadata{
		RedirectURIs: []string{"https://suite.test/test/a/alias/callback"}, PostLogoutRedirectURIs: []string{bye},
		ClientLogout: storage.ClientLogout{FrontchannelLogoutURI: uri, FrontchannelSession: true},
	})}
}

func TestOIDCC_FrontchannelRPInitiatedLogout(t *testing.T) {
	w := open(t)
	e := w.fronted("https://suite.test/test/a/alias/frontchannel_logout?x=1")
	other := w.fronted("https://suite.test/other")
	w.fronted("https://suite.test/absent")
	b := w.Browser()
	claims, hint := e.signIn(b)
	other.signIn(b)
	p := b.Get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", bye, "state", "a b"))
	frames := framed(t, p)
	if p.Status != 200 || p.Location != nil || len(frames) != 2 {
		t.Fatalf("%d %v %v", p.Status, p.Location, frames)
	}
	for _, src := range frames {
		u, err := url.Parse(src)
		w.must(err)
		q := u.Query()
		mine := u.Path != "/other"
		if mine != q.Has("x") || q.Get("iss") != w.URL || q.Get("sid") != claims["sid"] || len(q) != map[bool]int{true: 3, false: 2}[mine] || q.Get("sid") == "" {
			t.Errorf("frame %s", src)
		}
	}
	csp := p.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "; frame-src https://suite.test/other https://suite.test/test/a/alias/frontchannel_logout;") || strings.Contains(csp, "unsafe") ||
		!strings.Contains(csp, "frame-ancestors 'none'") || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", p.Header)
	}
	if !strings.Contains(p.Body, `<meta http-equiv="refresh" content="5;url=`+bye+`?state=a+b">`) || !strings.Contains(p.Body, `id="leaving-next" href="`+bye+`?state=a+b"`) {
		t.Errorf("does not lead on: %s", p.Body)
	}
	if got := w.silent(b, e.RP); got != "login_required" {
		t.Errorf("still signed in: %q", got)
	}
	// Once more: nobody is signed in, and nobody is told.
	if again := b.Get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", bye)); again.Location == nil || again.Location.String() != bye {
		t.Errorf("%d %v", again.Status, again.Location)
	}
}

// TestFrontchannelLogoutStays: the person's own sign-out tells everybody and stays here.
func TestFrontchannelLogoutStays(t *testing.T) {
	w := open(t)
	e := w.fronted("https://suite.test/out")
	disabled := w.fronted("https://suite.test/disabled")
	b := w.Browser()
	e.signIn(b)
	disabled.signIn(b)
	w.Disable(disabled.RP)
	p := b.Get("/logout").Submit()
	if frames := framed(t, p); len(frames) != 1 || !strings.HasPrefix(frames[0], "https://suite.test/out?iss=") {
		t.Errorf("frames %v", frames)
	}
	if strings.Contains(p.Body, "http-equiv") || p.HasID("leaving-next") {
		t.Errorf("leads somewhere: %s", p.Body)
	}
}
