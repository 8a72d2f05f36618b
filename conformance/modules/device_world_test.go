package modules

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// television is a public client of the device grant and nothing else.
func (w *world) television(changes ...func(*storage.ClientMetadata)) *testkit.RP {
	w.t.Helper()
	m := storage.ClientMetadata{ClientName: "Acme TV", RedirectURIs: []string{}, GrantTypes: []string{deviceGrant, "refresh_token"}}
	for _, change := range changes {
		change(&m)
	}
	return w.public(m)
}

// wait begins a device authorization.
func (w *world) wait(rp *testkit.RP, changes ...string) *testkit.Answer {
	w.t.Helper()
	form := url.Values{"scope": {"openid email"}}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return w.ok(w.Call("/oauth2/device_authorization", rp, form))
}

// poll asks once whether there is an answer.
func (w *world) poll(rp *testkit.RP, a *testkit.Answer, more ...string) *testkit.Answer {
	w.t.Helper()
	f := form("grant_type", deviceGrant, "device_code", a.Text("device_code"))
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return w.Call("/oauth2/token", rp, f)
}

// device types a code into a browser and signs in where asked.
func (w *world) device(b *testkit.Browser, userCode string) *testkit.Page {
	w.t.Helper()
	p := b.Get("/device").Submit("user_code", userCode)
	if p.HasID("login-password") {
		p = p.SignIn(w.email, testkit.Password)
	}
	return p
}

// answer answers on the screen of a device.
func (w *world) answer(p *testkit.Page, decision string) *testkit.Page {
	w.t.Helper()
	if !p.HasID("consent-allow") || !p.HasID("consent-deny") {
		w.t.Fatalf("the screen does not ask: %d %.900s", p.Status, p.Body)
	}
	return p.Submit("decision", decision)
}

// allow is a person's whole way to a yes.
func (w *world) allow(a *testkit.Answer) {
	w.t.Helper()
	done := w.answer(w.device(w.Browser(), a.Text("user_code")), "allow")
	if done.Status != 200 || !strings.Contains(done.Body, "Your device is connected") {
		w.t.Fatalf("not connected: %d %.900s", done.Status, done.Body)
	}
}

// TestDevice_Grant is the whole way (RFC 8628 section 3).
func TestDevice_Grant(t *testing.T) {
	w := open(t)
	rp := w.television()
	a := w.wait(rp, "scope", "openid email offline_access")
	code := a.Text("user_code")
	if len(code) != 9 || code[4] != '-' || strings.Trim(code, "BCDFGHJKLMNPQRSTVWXZ-") != "" {
		t.Errorf("user_code %q", code)
	}
	if a.Text("verification_uri") != w.URL+"/device" || a.Text("verification_uri_complete") != w.URL+"/device?user_code="+code {
		t.Errorf("where to: %s", a.Body)
	}
	if a.JSON["expires_in"] != 600.0 || a.JSON["interval"] != 5.0 || len(a.Text("device_code")) < 43 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", a.Body, a.Header)
	}
	w.refused(w.poll(rp, a), 400, "authorization_pending")
	w.allow(a)
	tokens := w.ok(w.poll(rp, a))
	claims := w.idToken(tokens, rp)
	if claims["sub"] != w.person.Subject || claims["acr"] != "1" || claims["auth_time"] == nil || claims["nonce"] != nil {
		t.Errorf("ID token %v", claims)
	}
	if u := w.ok(w.Userinfo(tokens.Text("access_token"))); u.Text("email") != w.email {
		t.Errorf("userinfo %s", u.Body)
	}
	renewed := w.ok(w.Refresh(rp, tokens.Text("refresh_token")))
	if renewed.Text("refresh_token") == tokens.Text("refresh_token") || renewed.Text("access_token") == "" {
		t.Errorf("a public client's refresh token is not renewed: %s", renewed.Body)
	}
	g := w.grants(rp)
	if len(g) != 1 || !strings.HasPrefix(g[0].Origin, "device:") || !g[0].Offline || g[0].Person != w.person.ID {
		t.Errorf("grants %+v", g)
	}
	if evs := w.events(rp, "consent.grant"); len(evs) != 1 || evs[0].Actor != w.person.ID.String() {
		t.Errorf("events %+v", evs)
	}
}

// TestDevice_ConfidentialClient gets what it asks without offline_access: no refresh token.
func TestDevice_ConfidentialClient(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{GrantTypes: []string{deviceGrant, "refresh_token"}})
	a := w.wait(rp, "scope", "")
	w.allow(a)
	tokens := w.ok(w.poll(rp, a))
	if tokens.Text("refresh_token") != "" || tokens.Text("id_token") != "" || tokens.Text("scope") != "" || tokens.Text("access_token") == "" {
		t.Errorf("%s", tokens.Body)
	}
}

// TestDevice_Authorization judges the request by the rules of the authorization endpoint.
func TestDevice_Authorization(t *testing.T) {
	w := open(t)
	rp := w.television(func(m *storage.ClientMetadata) { m.Scope = "openid" })
	post := func(rp *testkit.RP, pairs ...string) *testkit.Answer {
		return w.Call("/oauth2/device_authorization", rp, form(pairs...))
	}
	w.row("device.scope", func() { w.refused(post(rp, "scope", "openid email"), 400, "invalid_scope") })
	w.row("device.resource", func() { w.refused(post(rp, "resource", "https://api.test"), 400, "invalid_target") })
	w.row("device.grant_type_allowed", func() { w.refused(post(w.public(storage.ClientMetadata{})), 400, "unauthorized_client") })
	w.row("device.client_authentication", func() { w.refused(post(nil), 401, "invalid_client") })
	confidential := w.Client(storage.ClientMetadata{GrantTypes: []string{deviceGrant}})
	w.refused(post(&testkit.RP{ID: confidential.ID}), 401, "invalid_client")
	if a := w.Raw("POST", "/oauth2/device_authorization", "client_id="+rp.ID+"&scope=openid&scope=openid", "Content-Type", testkit.FormType); a.Status != 400 || a.Text("error") != "invalid_request" {
		t.Errorf("twice the scope: %d %s", a.Status, a.Body)
	}
}

// TestDevice_TypedCode is read in any case, with dashes and spaces wherever (RFC 8628 section 6.1).
func TestDevice_TypedCode(t *testing.T) {
	w := open(t)
	b := w.Browser()
	a := w.wait(w.television())
	code := a.Text("user_code")
	w.device(b, code)
	for _, typed := range []string{strings.ToLower(code), code[:4] + code[5:], " " + code[:2] + " " + code[2:4] + " – " + code[5:] + " "} {
		if p := b.Get("/device").Submit("user_code", typed); !strings.Contains(p.Body, code) || !p.HasID("consent-allow") {
			t.Errorf("%q: %d %.500s", typed, p.Status, p.Body)
		}
	}
	for typed, want := range map[string]string{"": "Enter the code.", "12345678": "eight letters", code[:7]: "eight letters", code + "B": "eight letters", strings.Repeat("B", 3000): "eight letters"} {
		if p := b.Get("/device").Submit("user_code", typed); p.Status != 400 || !strings.Contains(p.Body, want) {
			t.Errorf("%.20q: %d, want %q", typed, p.Status, want)
		}
	}
}

// TestDevice_PersonChoosesLess grants what was on when the person allowed, whatever else the form says.
func TestDevice_PersonChoosesLess(t *testing.T) {
	w := open(t)
	rp := w.television()
	a := w.wait(rp, "scope", "openid email profile")
	b := w.Browser()
	action, f := w.device(b, a.Text("user_code")).Form("decision", "allow")
	f["scope"] = []string{"email", "phone", "offline_access"}
	if done := b.Post(action, f); done.Status != 200 {
		t.Fatalf("%d %.500s", done.Status, done.Body)
	}
	tokens := w.ok(w.poll(rp, a))
	if tokens.Text("scope") != "openid email" || tokens.Text("refresh_token") != "" {
		t.Errorf("%s", tokens.Body)
	}
}
