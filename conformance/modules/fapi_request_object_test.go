package modules

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Only what is in the object counts (RFC 9101 section 6.3), whatever stands beside it.
func TestFAPI_RequestObjectReplacesParameters(t *testing.T) {
	w := open(t)
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		rp, k := w.signing(alg, storage.ClientMetadata{})
		to := w.beside(rp, k.sign(alg, object{"typ": "oauth-authz-req+jwt"}, w.ask(rp)), "state", "outside", "nonce", "outside", "scope", "openid phone", "response_mode", "form_post", "prompt", "none")
		p := w.Browser().Get(to).SignIn(w.email, testkit.Password).Allow()
		q := p.Params()
		a := w.ok(w.Redeem(rp, q.Get("code")))
		if q.Get("state") != "inside" || a.Text("scope") != "openid email" || w.idToken(a, rp)["nonce"] != "nonce-inside" {
			t.Errorf("%s: %v %s", alg, q, a.Body)
		}
	}
	rp, k := w.signing("ES256", storage.ClientMetadata{})
	w.begins(w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp))))
	// By POST as well.
	if a := w.Raw("POST", "/oauth2/authorize", form("client_id", rp.ID, "request", k.sign("ES256", nil, w.ask(rp))).Encode(), "Content-Type", testkit.FormType); a.Status != 303 || !strings.Contains(a.Header.Get("Location"), "flow=") {
		t.Errorf("POST: %d %s", a.Status, a.Header.Get("Location"))
	}
	// What is missing inside is missing.
	w.row("authorize.redirect_uri", func() {
		w.page(w.Get(w.beside(rp, k.sign("ES256", nil, w.ask(rp, "redirect_uri", nil)))), 400, "invalid_request")
	})
	w.row("authorize.response_type", func() {
		w.refusedTo(w.Get(w.beside(rp, k.sign("ES256", nil, w.ask(rp, "response_type", nil)))), rp, "query", "invalid_request")
	})
	if q := w.refusedTo(w.Get(w.beside(rp, k.sign("ES256", nil, w.ask(rp, "state", nil, "prompt", "none")), "state", "outside")), rp, "query", "login_required"); q.Has("state") {
		t.Errorf("a state from outside: %v", q)
	}
	w.row("authorize.redirect_uri", func() {
		w.page(w.Get(w.beside(rp, k.sign("ES256", nil, w.ask(rp, "redirect_uri", rp.Redirect+"x")))), 400, "invalid_request")
	})
	// A bad object is told to the registered address beside it, or to the person.
	bad := k.sign("ES256", nil, w.ask(rp))
	bad = bad[:len(bad)-8] + "AAAAAAAA"
	w.objected("authorize.request_object", w.beside(rp, bad, "state", "outside"), rp, "invalid_request_object", "outside")
	w.row("authorize.redirect_uri", func() { w.page(w.Get(w.bare(rp, "request", bad)), 400, "invalid_request_object") })
	w.row("authorize.redirect_uri", func() {
		w.page(w.Get(w.beside(rp, bad, "redirect_uri", "https://evil.test/")), 400, "invalid_request_object", "evil.test")
	})
	w.objected("jar.one_form", w.beside(rp, bad, "request_uri", "https://app.test/object", "state", "s"), rp, "invalid_request", "s")
	w.objected("jar.reference", strings.Replace(w.beside(rp, "https://app.test/object"), "request=", "request_uri=", 1), rp, w.unreferred(), "")
}

// unreferred is the error for a request_uri that nobody registered, or that no server follows.
func (w *world) unreferred() string {
	if w.Get("/.well-known/openid-configuration").JSON["request_uri_parameter_supported"] == true {
		return "invalid_request_uri"
	}
	return "request_uri_not_supported"
}

// Numbers, truth values, objects and arrays keep their meaning.
func TestFAPI_RequestObjectTypes(t *testing.T) {
	w := alone(t)
	w.Resource("https://api.test", nil)
	w.Resource("https://other.test", nil)
	rp, k := w.signing("ES256", storage.ClientMetadata{Resources: []string{"https://api.test", "https://other.test"}})
	b := w.Browser()
	claims := object{"id_token": object{"email": object{"essential": true}}, "userinfo": object{"name": nil}}
	to := w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "max_age", 300, "claims", claims, "resource", []string{"https://api.test", "https://other.test"}, "unknown", object{"a": []int{1}}, "jti", "x", "login_hint", nil)))
	a := w.ok(w.Redeem(rp, b.Get(to).SignIn(w.email, testkit.Password).Allow().Params().Get("code")))
	if w.idToken(a, rp)["email"] != w.email {
		t.Errorf("the claims request was lost: %s", a.Body)
	}
	_, at := w.parts(a.Text("access_token"))
	if got := strings.Join(members(at, "aud"), " "); !strings.Contains(got, "https://api.test") || !strings.Contains(got, "https://other.test") {
		t.Errorf("audience %s", got)
	}
	w.Clock.Advance(10 * time.Minute)
	if got := get(b, w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "max_age", 300)))); !strings.HasPrefix(got.Header.Get("Location"), "/login?") {
		t.Errorf("max_age as a number: %d %s", got.Status, got.Header.Get("Location"))
	}
	if got := w.response(get(b, w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "max_age", "86400", "resource", "https://api.test", "claims", claims)))), rp, "query"); got.Get("code") == "" {
		t.Errorf("max_age as text: %v", got)
	}
	for name, v := range map[string]any{"scope": []string{"openid"}, "redirect_uri": object{}, "state": object{"a": 1}, "claims": 5, "resource": []any{1}, "nonce": []int{1}, "prompt": []string{"none"}} {
		w.objected("jar.parameters", w.beside(rp, k.sign("ES256", nil, w.ask(rp, name, v)), "state", "out"), rp, "invalid_request_object", "out")
	}
	w.objected("jar.nested", w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "request_uri", "https://app.test/x"))), rp, "invalid_request_object", "inside")
	w.objected("jar.nested", w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "request", "x"))), rp, "invalid_request_object", "inside")
	w.objected("authorize.registration", w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, "registration", object{}))), rp, "registration_not_supported", "inside")
}

// What OpenID Connect Core section 6.1 leaves open stays open without FAPI, but what is there must be right.
func TestOIDCC_RequestObjectOptionalClaims(t *testing.T) {
	w := open(t)
	rp, k := w.signing("RS256", storage.ClientMetadata{})
	other, _ := w.signing("RS256", storage.ClientMetadata{})
	send := func(changes ...any) string { return w.bare(rp, "request", k.sign("RS256", nil, w.ask(rp, changes...))) }
	w.begins(send("iss", nil, "aud", nil, "exp", nil, "nbf", nil, "iat", nil, "client_id", nil))
	w.begins(send("aud", []string{"https://other.test", w.URL}))
	past, ahead := w.Clock.Now().Add(-time.Minute).Unix(), w.Clock.Now().Add(5*time.Minute).Unix()
	w.objected("jar.client_id", send("client_id", other.ID), rp, "invalid_request_object", "inside")
	w.objected("jar.issuer", send("iss", other.ID), rp, "invalid_request_object", "inside")
	w.objected("jar.issuer", send("iss", w.URL), rp, "invalid_request_object", "inside")
	w.objected("jar.audience", send("aud", "https://other.test"), rp, "invalid_request_object", "inside")
	w.objected("jar.audience", send("aud", w.URL+"/oauth2/par"), rp, "invalid_request_object", "inside")
	w.objected("jar.audience", send("aud", []string{"https://other.test"}), rp, "invalid_request_object", "inside")
	w.objected("jar.times", send("exp", past), rp, "invalid_request_object", "inside")
	w.objected("jar.times", send("nbf", ahead), rp, "invalid_request_object", "inside")
	w.objected("jar.times", send("iat", ahead), rp, "invalid_request_object", "inside")
}

// Plain parameters and unsigned objects of a client that signs are refused; other clients may sign as well.
func TestFAPI_EnsureAuthorizationRequestWithoutRequestObjectFails(t *testing.T) {
	w := open(t)
	rp, k := w.strict("PS256")
	w.objected("authorize.signed", w.AuthURL(rp), rp, "invalid_request", "state-1")
	w.begins(w.beside(rp, k.sign("PS256", nil, w.ask(rp))))
	w.begins(w.beside(rp, k.sign("PS256", object{"typ": "oauth-authz-req+jwt"}, w.ask(rp))))
	w.begins(w.beside(rp, k.sign("PS256", object{"typ": "application/OAuth-Authz-Req+JWT"}, w.ask(rp))))
	for _, typ := range []string{"at+jwt", "dpop+jwt", "logout+jwt", "jose"} {
		w.row("jar.signature", func() {
			w.page(w.Get(w.bare(rp, "request", k.sign("PS256", object{"typ": typ}, w.ask(rp)))), 400, "invalid_request_object")
		})
	}
	plain := w.Client(storage.ClientMetadata{})
	w.row("jar.signature", func() {
		w.page(w.Get(w.bare(plain, "request", k.sign("PS256", nil, w.ask(plain)))), 400, "invalid_request_object")
	})
}

// A flow that began with a signed request stays one through sign-in and consent.
func TestFAPI_SignedRequestThroughTheFlow(t *testing.T) {
	w := open(t)
	rp, k := w.strict("ES256")
	q := w.Browser().Get(w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp)))).SignIn(w.email, testkit.Password).Allow().Params()
	if q.Get("code") == "" || q.Get("state") != "inside" {
		t.Errorf("%v", q)
	}
	// The flow's own words cannot be sent from outside.
	u, err := url.Parse(w.AuthURL(rp, "request", "1"))
	w.must(err)
	w.row("jar.signature", func() { w.refusedTo(w.Get(u.String()), rp, "query", "invalid_request_object") })
}

// Rules that FAPI's profiles add to those of the protocol, each by its switch.
func TestFAPI_StricterRequests(t *testing.T) {
	w := open(t)
	rp, k := w.strict("PS256")
	w.row("authorize.scope", func() { // …-request-object-without-scope-fails
		w.refusedTo(w.Get(w.beside(rp, k.sign("PS256", nil, w.ask(rp, "scope", nil)))), rp, "query", "invalid_request")
	})
	bare := w.ask(rp, "code_challenge", nil, "code_challenge_method", nil)
	w.begins(w.beside(rp, k.sign("PS256", nil, bare)))
	w.row("authorize.pkce_required", func() { // …-par-ensure-pkce-required
		w.refused(w.push(rp, form("request", k.sign("PS256", nil, bare))), 400, "invalid_request")
	})
	nonce := w.Client(storage.ClientMetadata{ClientRequests: storage.ClientRequests{RequireNonce: true, RequirePKCE: true}})
	w.row("authorize.nonce", func() { w.refusedTo(w.Get(w.AuthURL(nonce, "nonce", "")), nonce, "query", "invalid_request") })
	w.row("authorize.pkce_required", func() {
		w.refusedTo(w.Get(w.AuthURL(nonce, "code_challenge", "", "code_challenge_method", "")), nonce, "query", "invalid_request")
	})
	w.begins(w.AuthURL(nonce))
	w.begins(w.AuthURL(nonce, "nonce", "", "scope", "email"))
}
