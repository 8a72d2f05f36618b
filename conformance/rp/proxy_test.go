package rp

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// proxy is oauth2-proxy before an application that knows nothing of sign-in.
type proxy struct {
	*program
	client *testkit.RP
}

// visitor is whom the application behind the proxy is told of.
type visitor struct {
	User, Email, Token string
}

func openProxy(t *testing.T) *proxy {
	t.Helper()
	binary := tool(t, "JEDAN_RP_OAUTH2_PROXY", "oauth2-proxy")
	s := testkit.StartTLS(t)
	w, at := &world{Server: s, t: t, subject: s.Person(email).Subject}, freeAddress(t)
	rp, _ := w.register(confidential, func(m *storage.ClientMetadata) {
		m.RedirectURIs, m.PostLogoutRedirectURIs = []string{"http://" + at + "/oauth2/callback"}, []string{"http://" + at + "/ping"}
		m.Online = true
	})
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(visitor{r.Header.Get("X-Forwarded-User"), r.Header.Get("X-Forwarded-Email"), r.Header.Get("X-Forwarded-Access-Token")})
	}))
	t.Cleanup(behind.Close)
	cmd := exec.CommandContext(t.Context(), binary,
		"--provider=oidc", "--oidc-issuer-url="+w.URL, "--provider-ca-file="+w.App.Config.TLS.Certificate, "--client-id="+rp.ID, "--scope=openid email",
		"--code-challenge-method=S256", "--insecure-oidc-skip-nonce=false", "--skip-provider-button", "--email-domain=example.org", "--http-address="+at,
		"--redirect-url="+rp.Redirect, "--upstream="+behind.URL, "--pass-access-token", "--cookie-secure=false", "--cookie-refresh=1s", "--whitelist-domain="+strings.TrimPrefix(w.URL, "https://"),
	)
	cmd.Env = append(os.Environ(), "OAUTH2_PROXY_CLIENT_SECRET="+rp.Secret, "OAUTH2_PROXY_COOKIE_SECRET="+testkit.Verifier[:32])
	return &proxy{w.start(at, cmd), rp}
}

func TestOAuth2Proxy(t *testing.T) {
	p := openProxy(t)
	t.Run("sign-in", func(t *testing.T) { p.with(t).signIn() })
	t.Run("refused", func(t *testing.T) { p.with(t).refused() })
	t.Run("ended", func(t *testing.T) { p.with(t).ended() })
}

func (p *proxy) with(t *testing.T) *proxy { return &proxy{p.program.with(t), p.client} }

// seen is whom the application was told of.
func (p *proxy) seen(b *testkit.Browser) (v visitor) {
	p.t.Helper()
	page := b.Get(p.URL + "/")
	if err := json.Unmarshal([]byte(page.Body), &v); err != nil {
		p.t.Fatalf("%v: %d %.400s", err, page.Status, page.Body)
	}
	return v
}

// signIn signs in, lets the proxy renew its tokens after a second, and signs out of both.
func (p *proxy) signIn() {
	b := p.Browser()
	p.visit(b, "/")
	first := p.seen(b)
	if first.User != p.subject || first.Email != email || p.Introspect(p.client, first.Token).JSON["active"] != true {
		p.t.Errorf("the application was told of %+v", first)
	}
	p.Within(20*time.Second, "new tokens", func() bool { return p.seen(b).Token != first.Token })
	if v := p.seen(b); v.User != p.subject || p.Introspect(p.client, v.Token).JSON["active"] != true {
		p.t.Errorf("renewed: %+v", v)
	}
	there := p.Server.URL + "/oauth2/logout?id_token_hint={id_token}&" + url.Values{"post_logout_redirect_uri": {p.URL + "/ping"}}.Encode()
	if page := p.visit(b, "/oauth2/sign_out?"+url.Values{"rd": {there}}.Encode()); page.URL.String() != p.URL+"/ping" {
		p.t.Errorf("signing out ended at %s: %d %.400s", page.URL, page.Status, page.Body)
	}
	p.asksToSignIn(b, "/")
}

// in reports whether the proxy lets a browser in.
func (p *proxy) in(b *testkit.Browser) bool {
	p.t.Helper()
	return b.Get(p.URL+"/oauth2/userinfo").Status == http.StatusOK
}

// refused are answers that the proxy does not take.
func (p *proxy) refused() {
	for name, value := range map[string]string{"state": "of another:/", "code": "guessed"} {
		b := p.Browser()
		if page := b.Get(forged(p.comesBack(b, "/"), name, value)); page.Location != nil || page.Status < 400 || p.in(b) {
			p.t.Errorf("another %s is taken: %d %.400s", name, page.Status, page.Body)
		}
	}
}

// ended: the proxy has no ears for a logout token, but its refresh tokens end with the session, and it wants to renew them.
func (p *proxy) ended() { p.toldOut("/", p.in) }
