package modules

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// watching switches session management on.
func watching(c *app.Config) { c.Sessions.Watched = true }

// TestSessionManagementIsOff: by default nothing of it is there.
func TestSessionManagementIsOff(t *testing.T) {
	w := open(t)
	if _, there := w.Get("/.well-known/openid-configuration").JSON["check_session_iframe"]; there {
		t.Error("check_session_iframe is advertised")
	}
	if a := w.Get("/oauth2/check_session"); a.Status != 404 {
		t.Errorf("the page is there: %d", a.Status)
	}
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	if q := b.Authorize(w.AuthURL(rp), w.email); q.Has("session_state") || cookie(b, w.URL, "jedan-op") != "" {
		t.Errorf("response %v", q)
	}
}

func TestOIDCC_SessionManagementDiscoveryEndpointVerification(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, watching))
	if at := w.Get("/.well-known/openid-configuration").JSON["check_session_iframe"]; at != w.URL+"/oauth2/check_session" {
		t.Errorf("check_session_iframe is %v", at)
	}
}

// unchanged does what check-session.js does with what it sees.
func unchanged(b *testkit.Browser, at, client, origin, state string) bool {
	now := ""
	for _, name := range []string{"jedan-op", "__Host-jedan-op"} {
		if v := cookie(b, at, name); v != "" {
			now = v
		}
	}
	hash, salt, _ := strings.Cut(state, ".")
	sum := sha256.Sum256([]byte(client + " " + origin + " " + now + " " + salt))
	return now != "" && salt != "" && hash == hex.EncodeToString(sum[:])
}

func TestOIDCC_SessionManagementRPInitiatedLogout(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, watching))
	rp := w.Client(storage.ClientMetadata{RedirectURIs: []string{"https://suite.test:8443/test/a/alias/callback"}, PostLogoutRedirectURIs: []string{bye}})
	b := w.Browser()
	q := b.Authorize(w.AuthURL(rp), w.email)
	state := q.Get("session_state")
	same := func(state string) bool { return unchanged(b, w.URL, rp.ID, "https://suite.test:8443", state) }
	if !same(state) || strings.ContainsAny(state, " ") {
		t.Errorf("session_state %q", state)
	}
	a := w.ok(w.Redeem(rp, q.Get("code")))
	again := b.Authorize(w.AuthURL(rp, "prompt", "none"), w.email).Get("session_state")
	if again == state || !same(again) || !same(state) {
		t.Errorf("session_state %q, then %q", state, again)
	}
	if unchanged(b, w.URL, rp.ID, "https://suite.test", state) || unchanged(b, w.URL, "other", "https://suite.test:8443", state) || unchanged(w.Browser(), w.URL, rp.ID, "https://suite.test:8443", state) {
		t.Error("another client, origin or browser has the same state")
	}
	if p := b.Get(w.logoutURL("id_token_hint", a.Text("id_token"), "post_logout_redirect_uri", bye)); p.Location == nil {
		t.Fatalf("not signed out: %d", p.Status)
	}
	if same(state) || same(again) {
		t.Error("unchanged after signing out")
	}
	if q := b.Get(w.AuthURL(rp, "prompt", "none")).Params(); q.Get("error") != "login_required" || q.Has("session_state") {
		t.Errorf("response %v", q)
	}
	b.Authorize(w.AuthURL(rp), w.email)
	if same(state) {
		t.Error("unchanged in another session")
	}
}

// TestSessionManagementEnds: whoever comes back after their session was ended elsewhere loses the cookie, and whoever was signed in before the switch
// was turned on gets one. Clients without an origin, or without openid, get no state.
func TestSessionManagementEnds(t *testing.T) {
	w := alone(t, watching)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	first := b.Authorize(w.AuthURL(rp), w.email).Get("session_state")
	w.plant(b, "jedan-op", "x")
	second := b.Authorize(w.AuthURL(rp, "prompt", "none"), w.email).Get("session_state")
	if !unchanged(b, w.URL, rp.ID, "https://app.test", second) || !unchanged(b, w.URL, rp.ID, "https://app.test", first) {
		t.Errorf("%q, %q", first, second)
	}
	native := w.Client(storage.ClientMetadata{RedirectURIs: []string{"com.example.app:/cb"}, ApplicationType: "native"})
	for _, q := range []map[string][]string{b.Authorize(w.AuthURL(native), w.email), b.Authorize(w.AuthURL(rp, "scope", "email"), w.email)} {
		if q["session_state"] != nil || q["code"] == nil {
			t.Errorf("response %v", q)
		}
	}
	sessions, err := w.App.DB.SessionsOf(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	w.must(w.App.DB.RevokeSession(t.Context(), w.App.Tenant, sessions[0].ID, w.Clock.Now(), "operator", nil))
	w.Within(5*time.Second, "the cookie's end", func() bool {
		b.Get(w.AuthURL(rp, "prompt", "none"))
		return cookie(b, w.URL, "jedan-op") == ""
	})
}

// TestAZ30_CheckSessionFrame: the one page that may be framed has nothing to click on, and says nothing of anybody.
func TestAZ30_CheckSessionFrame(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, watching))
	a := w.Get("/oauth2/check_session")
	csp := a.Header.Get("Content-Security-Policy")
	if a.Status != 200 || a.Header.Get("X-Frame-Options") != "" || csp != "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	doc, err := html.Parse(strings.NewReader(a.Body))
	w.must(err)
	script := ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html", "head", "meta", "title", "body":
		case "script":
			for _, at := range n.Attr {
				if at.Key == "src" {
					script = at.Val
				}
			}
			if n.FirstChild != nil {
				t.Error("an inline script")
			}
		default:
			t.Errorf("<%s>", n.Data)
		}
	}
	js := w.ok(w.Get(script))
	for _, new := range []string{"=>", "const ", "let ", "crypto.subtle", "fetch(", "`"} {
		if strings.Contains(js.Body, new) {
			t.Errorf("%q is newer than ECMAScript 5", new)
		}
	}
	b := w.Browser()
	rp := w.Client(storage.ClientMetadata{})
	b.Authorize(w.AuthURL(rp), w.email)
	p := b.Get(w.AuthURL(rp, "prompt", "login"))
	signed := p.SubmitRaw("identifier", w.email, "password", testkit.Password)
	flags := ""
	for _, line := range signed.Header.Values("Set-Cookie") {
		if strings.HasPrefix(line, "__Host-jedan-op=") {
			flags = line[strings.Index(line, ";"):]
		}
	}
	if flags != "; Path=/; Secure; SameSite=None" {
		t.Errorf("cookie flags %q of %v", flags, signed.Header)
	}
}
