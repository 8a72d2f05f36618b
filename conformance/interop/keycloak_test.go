//go:build interop

package interop

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// TestKeycloak: Keycloak as upstream OpenID provider, as SAML identity provider and as SAML service provider.
func TestKeycloak(t *testing.T) {
	s := openSites(t)
	app := s.application()
	o := s.ours()
	k := s.keycloak()
	app.register(o)
	w := &keycloakWorld{keycloak: k, o: o, app: app, chrome: s.chromium()}
	k.realm("corp", "maria", "petra", "ivana", "zlata", "branka", "mirna", "lucija")
	t.Run("OpenID Connect", w.openID)
	t.Run("SAML identity provider", w.identityProvider)
	t.Run("SAML service provider", w.serviceProvider)
}

// keycloakWorld is Keycloak with us and an application.
type keycloakWorld struct {
	*keycloak
	o      *ours
	app    *application
	chrome *chromium
}

func (w *keycloakWorld) reports(f *findings, title string) {
	f.t.Helper()
	report(f.t, title, append([]string{"Keycloak " + w.version + ", Chromium, three sites over TLS. What was seen to hold:", ""}, f.lines...)...)
}

// openID is an upstream of kind oidc, once as anybody sets it up and once with all that both sides have.
func (w *keycloakWorld) openID(t *testing.T) {
	f := &findings{t: t}
	realm := w.url + "/realms/corp"
	w.client("plain", map[string]any{"secret": upstreamSecret}, map[string]string{"pkce.code.challenge.method": "S256"})
	w.client("strict", map[string]any{"clientAuthenticatorType": "client-jwt"}, map[string]string{
		"use.jwks.url": "true", "jwks.url": w.o.url + "/federation/strict/jwks", "token.endpoint.auth.signing.alg": "ES256", "require.pushed.authorization.requests": "true",
		"dpop.bound.access.tokens": "true", "id.token.encrypted.response.alg": "RSA-OAEP-256", "id.token.encrypted.response.enc": "A256GCM", "pkce.code.challenge.method": "S256",
	})
	w.o.connector("plain", "oidc", map[string]any{"issuer": realm, "client_id": "plain", "client_secret": upstreamSecret, "trust_email": true}, "sign_out", "true")
	w.o.connector("strict", "oidc", map[string]any{
		"issuer": realm, "client_id": "strict", "token_endpoint_auth_method": "private_key_jwt", "trust_email": true, "par": true, "dpop": true, "encrypted_id_token": true, "userinfo": true,
	})
	for _, c := range []struct{ connector, person, how string }{
		{"plain", "maria", "code, PKCE, nonce, `client_secret_basic`"}, {"strict", "petra", "PAR, DPoP, `private_key_jwt`, encrypted ID token, UserInfo"},
	} {
		b := w.chrome.tab(t)
		v := w.app.signs(b, nil, func() { w.o.leads(b, c.connector); w.signIn(b, c.person) })
		f.hold("sign-in: "+c.how, v.text("email") == c.person+"@upstream.test" && v.Claims["email_verified"] == true && v.text("family_name") == "of Keycloak", v.Claims)
		again := w.app.signs(b, url.Values{"prompt": {"login"}}, func() { w.o.leads(b, c.connector); w.signIn(b, c.person) })
		f.hold("`prompt=login` has Keycloak ask again, and it is the same person", again.text("sub") == v.text("sub"), again.Claims)
		began := time.Now()
		w.throwOut("corp", c.person)
		w.app.ended(f, w.o, "an administrator there ends the session: its back-channel logout ends ours", again, began)
	}
	b := w.chrome.tab(t)
	v := w.app.signs(b, nil, func() { w.o.leads(b, "plain"); w.signIn(b, "maria") })
	b.visit(realm + "/protocol/openid-connect/logout")
	began := time.Now()
	b.click("#kc-logout")
	w.app.ended(f, w.o, "the person signs out there: its back-channel logout ends ours", v, began)
	b = w.chrome.tab(t)
	w.app.signs(b, nil, func() { w.o.leads(b, "plain"); w.signIn(b, "maria") })
	w.leaves(f, b, "maria")
	w.disabled(f)
	w.reports(f, "OpenID Connect: Keycloak as upstream")
}

// disabled: Keycloak says nothing when somebody is disabled; the next refresh asks it.
func (w *keycloakWorld) disabled(f *findings) {
	f.t.Helper()
	b := w.chrome.tab(f.t)
	v := w.app.signs(b, nil, func() { w.o.leads(b, "plain"); w.signIn(b, "lucija") })
	refresh := func() (int, map[string]any) {
		return w.s.form(w.app.provider.Endpoint().TokenURL, w.app.conf.ClientID, w.app.conf.ClientSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.Token.RefreshToken}})
	}
	status, out := refresh()
	f.hold("a refresh asks Keycloak by its refresh token, which vouches", status == http.StatusOK, status, out)
	w.admin(http.MethodPut, "/corp/users/"+w.id("corp", "lucija"), map[string]any{"enabled": false})
	took := w.o.soon("the next refresh that asks", func() bool { // one answer does for ten seconds
		time.Sleep(500 * time.Millisecond)
		status, out = refresh()
		return status != http.StatusOK
	})
	f.within("once the person is disabled there, the next refresh that asks (Keycloak is asked every ten seconds at most) is refused", took, 15*time.Second)
	f.hold("with `invalid_grant`", status == http.StatusBadRequest && out["error"] == "invalid_grant", status, out)
	f.hold("and has ended the session", !w.app.active(v))
}

// leaves signs out here.
func (w *keycloakWorld) leaves(f *findings, b *tab, person string) {
	f.t.Helper()
	w.o.signOut(b)
	f.hold("our sign-out passes by Keycloak and comes back", b.arrives(signedOut), b.where())
	sessions := string(w.admin(http.MethodGet, "/corp/users/"+w.id("corp", person)+"/sessions", nil))
	f.hold("and has ended the session there", sessions == "[]", sessions)
}

// client registers us at Keycloak.
func (w *keycloakWorld) client(name string, more map[string]any, attributes map[string]string) {
	w.s.t.Helper()
	attributes["backchannel.logout.url"] = w.o.url + "/federation/" + name + "/backchannel"
	attributes["backchannel.logout.session.required"] = "true"
	attributes["post.logout.redirect.uris"] = w.o.url + "/federation/" + name + "/signed-out"
	c := map[string]any{
		"clientId": name, "protocol": "openid-connect", "redirectUris": []string{w.o.url + "/federation/" + name + "/callback"}, "standardFlowEnabled": true,
		"directAccessGrantsEnabled": false, "frontchannelLogout": false, "attributes": attributes,
	}
	for k, v := range more {
		c[k] = v
	}
	w.admin(http.MethodPost, "/corp/clients", c)
}
