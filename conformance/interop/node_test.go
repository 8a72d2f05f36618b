//go:build interop

package interop

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// nodeProvider is oidc-provider, serving the upstream's site.
type nodeProvider struct{ *certified }

func (s *sites) nodeProvider(clients func(issuer string) []map[string]any) *nodeProvider {
	s.t.Helper()
	folder := os.Getenv("JEDAN_INTEROP_NODE")
	if folder == "" {
		s.t.Skip("JEDAN_INTEROP_NODE names no folder with oidc-provider ((cd conformance/interop/node && npm ci); JEDAN_INTEROP_NODE=conformance/interop/node)")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("../..", folder)
	}
	at := s.site(upstreamHost)
	settings := s.write("op.json", sealed(map[string]any{
		"issuer": at.url, "port": at.port(), "cert": at.cert, "key": at.key, "cookie_keys": []string{"only of this test"}, "clients": clients(at.url),
	}))
	cmd := s.command("node", filepath.Join(folder, "op.mjs"), settings)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.ca)
	s.start(at.at, cmd)
	return &nodeProvider{at}
}

// signIn fills in its own pages: a name, and that we may know it.
func (nodeProvider) signIn(b *tab, name string) {
	b.t.Helper()
	b.see("input[name=login]")
	b.enter("input[name=login]", name)
	b.enter("input[name=password]", "any")
	b.press("button.login-submit", ".login-client-image, "+backHere)
	if b.has("input[name=prompt][value=consent]") {
		b.press("button[type=submit]", backHere)
	}
}

const upstreamSecret = "what-the-upstream-and-we-know-0123456789"

// TestNodeProvider: npm oidc-provider as upstream.
func TestNodeProvider(t *testing.T) {
	s := openSites(t)
	app := s.application()
	o := s.ours()
	redirect := func(name string) map[string]any {
		return map[string]any{
			"client_id": name, "redirect_uris": []string{o.url + "/federation/" + name + "/callback"}, "grant_types": []string{"authorization_code", "refresh_token"},
			"backchannel_logout_uri": o.url + "/federation/" + name + "/backchannel", "backchannel_logout_session_required": true,
			"post_logout_redirect_uris": []string{o.url + "/federation/" + name + "/signed-out"},
		}
	}
	plain, strict := redirect("plain"), redirect("strict")
	plain["client_secret"] = upstreamSecret
	for name, value := range map[string]any{
		"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": o.url + "/federation/strict/jwks", "require_pushed_authorization_requests": true,
		"dpop_bound_access_tokens": true, "id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM",
	} {
		strict[name] = value
	}
	op := s.nodeProvider(func(string) []map[string]any { return []map[string]any{plain, strict} })
	authority, err := os.ReadFile(s.ca)
	if err != nil {
		t.Fatal(err)
	}
	o.connector("plain", "oidc", map[string]any{"issuer": op.url, "client_id": "plain", "client_secret": upstreamSecret, "userinfo": true, "trust_email": true, "ca": string(authority)}, "sign_out", "true")
	o.connector("strict", "oidc", map[string]any{
		"issuer": op.url, "client_id": "strict", "token_endpoint_auth_method": "private_key_jwt", "userinfo": true, "trust_email": true, "par": true, "dpop": true, "encrypted_id_token": true, "offline": true,
	})
	app.register(o)
	chrome := s.chromium()
	f := &findings{t: t}
	for _, c := range []struct{ connector, person, how string }{
		{"plain", "maria", "code, PKCE, nonce, `client_secret_basic`, UserInfo, the provider's own authority in `ca`"},
		{"strict", "petra", "PAR, DPoP, `private_key_jwt`, encrypted ID token, refresh token"},
	} {
		b := chrome.tab(t)
		v := app.signs(b, nil, func() { o.leads(b, c.connector); op.signIn(b, c.person) })
		f.hold("sign-in: "+c.how, v.text("email") == c.person+"@upstream.test" && v.Claims["email_verified"] == true && v.text("name") == c.person+" of oidc-provider", v.Claims)
		again := app.signs(b, url.Values{"prompt": {"login"}}, func() { o.leads(b, c.connector); op.signIn(b, c.person) })
		f.hold("`prompt=login` has the upstream ask again, and it is the same person", again.text("sub") == v.text("sub"), again.Claims)
		f.hold("its tokens are live", app.active(again))
		b.visit(op.url + "/session/end")
		began := time.Now()
		b.press("button[name=logout]", "h1")
		app.ended(f, o, "back-channel logout of the upstream ends the session here", again, began)
	}
	b := chrome.tab(t)
	app.signs(b, nil, func() { o.leads(b, "plain"); op.signIn(b, "ivana") })
	o.signOut(b)
	b.click("button[name=logout]")
	f.hold("our sign-out passes by the upstream, which asks, and comes back", b.arrives(signedOut), b.where())
	b.visit(app.url + "/start")
	o.leads(b, "plain")
	b.see("input[name=login], #consent-allow, #app")
	f.hold("and has ended the session there", b.has("input[name=login]"), b.where())
	report(t, "OpenID Connect: oidc-provider on Node", append([]string{"oidc-provider 9.13.3, Chromium, three sites over TLS. What was seen to hold:", ""}, f.lines...)...)
}
