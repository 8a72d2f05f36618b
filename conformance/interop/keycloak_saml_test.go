//go:build interop

package interop

import (
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// identityProvider is an upstream of kind saml. Keycloak learns of us by our metadata, as we of it.
func (w *keycloakWorld) identityProvider(t *testing.T) {
	f := &findings{t: t}
	realm := w.url + "/realms/corp"
	for _, name := range []string{"kc", "kcpost", "kcback", "kcart"} {
		config := map[string]any{"idp_entity_id": realm, "idp_metadata_url": realm + "/protocol/saml/descriptor", "sign_requests": true, "trust_email": true}
		if name == "kcpost" {
			config["sso_binding"], config["want_assertions_encrypted"] = "post", true
		}
		if name == "kcart" {
			config["artifacts"] = true
		}
		w.o.connector(name, "saml", config, "sign_out", "true")
		w.describe(name, name == "kcpost", name != "kcback")
	}
	for _, c := range []struct{ connector, person, how string }{
		{"kc", "ivana", "signed request by redirect, response and assertion signed, by a cross-site POST"}, {"kcpost", "zlata", "signed request by POST, encrypted assertion"},
	} {
		b := w.chrome.tab(t)
		v := w.app.signs(b, nil, func() { w.o.leads(b, c.connector); w.signIn(b, c.person) })
		f.hold("sign-in: "+c.how, v.text("email") == c.person+"@upstream.test" && v.text("family_name") == "of Keycloak", v.Claims)
		again := w.app.signs(b, url.Values{"prompt": {"login"}}, func() { w.o.leads(b, c.connector); w.signIn(b, c.person) })
		f.hold("`prompt=login` is ForceAuthn, and it is the same person", again.text("sub") == v.text("sub"), again.Claims)
		b.visit(realm + "/protocol/openid-connect/logout")
		began := time.Now()
		b.click("#kc-logout")
		w.app.ended(f, w.o, "its single logout comes by the browser and ends the session here", again, began)
		f.hold("and our answer counts there", b.arrives("#kc-info-message"), b.where())
	}
	b := w.chrome.tab(t)
	v := w.app.signs(b, nil, func() { w.o.leads(b, "kcback"); w.signIn(b, "branka") })
	began := time.Now()
	w.throwOut("corp", "branka")
	w.app.ended(f, w.o, "an administrator there ends a session (front channel off): its LogoutRequest, which no browser brings, ends ours", v, began)
	b = w.chrome.tab(t)
	v = w.app.signs(b, nil, func() { w.o.leads(b, "kcart"); w.signIn(b, "mirna") })
	f.hold("sign-in by an artifact, which we resolve straight with Keycloak", v.text("email") == "mirna@upstream.test", v.Claims)
	for _, c := range []struct{ connector, person string }{{"kc", "ivana"}, {"kcpost", "zlata"}} {
		b := w.chrome.tab(t)
		w.app.signs(b, nil, func() { w.o.leads(b, c.connector); w.signIn(b, c.person) })
		w.leaves(f, b, c.person)
	}
	w.reports(f, "SAML: Keycloak as identity provider")
}

// describe registers us as a client by our metadata, with the attributes that Keycloak offers ready-made.
func (w *keycloakWorld) describe(connector string, encrypted, front bool) {
	w.s.t.Helper()
	c := w.object(http.MethodPost, "/corp/client-description-converter", string(w.s.fetched(w.o.url+"/saml/"+connector+"/metadata")))
	attributes, _ := c["attributes"].(map[string]any)
	more := map[string]any{"saml.assertion.signature": "true", "saml.server.signature": "true", "saml.client.signature": "true", "saml_name_id_format": "persistent"}
	if !encrypted {
		more["saml.encrypt"] = "false"
	}
	maps.Copy(attributes, more)
	mappers := []map[string]any{}
	for property, name := range map[string]string{"email": "urn:oid:1.2.840.113549.1.9.1", "firstName": "urn:oid:2.5.4.42", "lastName": "urn:oid:2.5.4.4"} {
		mappers = append(mappers, map[string]any{
			"name": "X500 " + property, "protocol": "saml", "protocolMapper": "saml-user-property-mapper",
			"config": map[string]string{"user.attribute": property, "attribute.name": name, "attribute.nameformat": "URI Reference", "friendly.name": property},
		})
	}
	c["protocolMappers"], c["frontchannelLogout"], c["attributes"] = mappers, front, attributes
	w.admin(http.MethodPost, "/corp/clients", c)
}

// serviceProvider: another realm is an application of our SAML identity provider, and a provider to the application itself.
func (w *keycloakWorld) serviceProvider(t *testing.T) {
	f := &findings{t: t}
	w.realm("broker")
	w.o.run("users", "create", "--email", "nora@ours.test", "--email-verified", "--name", "Nora Norman", "--file", w.o.file("person.json", map[string]any{"given_name": "Nora", "family_name": "Norman"}),
		"--password-file", w.o.file("password", ourPassword))
	config := w.object(http.MethodPost, "/broker/identity-provider/import-config", map[string]any{"providerId": "saml", "fromUrl": w.o.url + "/saml/idp/metadata"})
	maps.Copy(config, map[string]any{
		"wantAuthnRequestsSigned": "true", "wantAssertionsSigned": "true", "wantAssertionsEncrypted": "true", "validateSignature": "true", "principalType": "SUBJECT",
		"nameIDPolicyFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "syncMode": "IMPORT", "signatureAlgorithm": "RSA_SHA256",
	})
	w.admin(http.MethodPost, "/broker/identity-provider/instances", map[string]any{"alias": "jedan", "providerId": "saml", "enabled": true, "trustEmail": true, "config": config})
	for attribute, property := range map[string]string{"mail": "email", "givenName": "firstName", "sn": "lastName"} {
		w.admin(http.MethodPost, "/broker/identity-provider/instances/jedan/mappers", map[string]any{
			"name": attribute, "identityProviderAlias": "jedan", "identityProviderMapper": "saml-user-attribute-idp-mapper",
			"config": map[string]string{"attribute.name": attribute, "user.attribute": property, "syncMode": "INHERIT"},
		})
	}
	w.o.run("saml-apps", "create", "keycloak", "--title", "Keycloak", "--metadata-url", w.url+"/realms/broker/broker/jedan/endpoint/descriptor",
		"--file", w.o.file("app.json", map[string]any{"settings": map[string]any{
			"acs": []any{}, "consent": true, "encrypt_assertions": true, "sign": "both",
			"attributes": []any{map[string]any{"name": "mail", "claim": "email"}, map[string]any{"name": "givenName", "claim": "given_name"}, map[string]any{"name": "sn", "claim": "family_name"}},
		}}))
	w.admin(http.MethodPost, "/broker/clients", map[string]any{
		"clientId": "acme", "secret": upstreamSecret, "protocol": "openid-connect", "redirectUris": []string{w.app.url + "/cb"}, "frontchannelLogout": false,
		"attributes": map[string]string{"post.logout.redirect.uris": w.app.url + "/bye"},
	})
	w.brokered(f)
	w.reports(f, "SAML: Keycloak as service provider")
}

// brokered signs in and out both ways.
func (w *keycloakWorld) brokered(f *findings) {
	f.t.Helper()
	realm := w.url + "/realms/broker"
	w.app.use(realm, "acme", upstreamSecret)
	b := w.chrome.tab(f.t)
	in := func() *visit {
		f.t.Helper()
		return w.app.signs(b, url.Values{"kc_idp_hint": {"jedan"}}, func() {
			w.o.signIn(b, "nora@ours.test")
			b.see("#app, #consent-allow, #refused, main details:not([id]), #kc-error-message, #kc-page-title")
		})
	}
	v := in()
	f.hold("sign-in at an application of Keycloak's: signed request, response and assertion signed, assertion encrypted", v.text("email") == "nora@ours.test" && v.text("family_name") == "Norman", v.Claims)
	b.visit(realm + "/protocol/openid-connect/logout?" + url.Values{"id_token_hint": {v.Raw}, "post_logout_redirect_uri": {w.app.url + "/bye"}}.Encode())
	b.see("#bye, main details:not([id]), #kc-error-message, #kc-page-title")
	f.hold("the application signs the person out of Keycloak, whose LogoutRequest is answered", b.has("#bye"), b.where())
	b.visit(w.o.url + "/account")
	b.see("main")
	f.hold("and has ended the session here", b.has("#login-identifier"), b.where())
	v = in()
	w.o.signOut(b)
	f.hold("our sign-out passes by Keycloak and comes back", b.arrives(signedOut), b.where())
	status, out := w.s.form(w.app.provider.Endpoint().TokenURL, "acme", upstreamSecret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.Token.RefreshToken}})
	f.hold("and has ended Keycloak's session", status == http.StatusBadRequest && out["error"] == "invalid_grant", status, out)
}
