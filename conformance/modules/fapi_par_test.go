package modules

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A pushed request is what was pushed, whatever the browser brings beside it (RFC 9126 section 4, RFC 9101 section 5).
func TestFAPI_PARWithoutDuplicateParameters(t *testing.T) {
	w := open(t)
	signing, k := w.strict("PS256")
	for name, rp := range map[string]*testkit.RP{"secret": w.Client(storage.ClientMetadata{}), "post": w.Client(storage.ClientMetadata{TokenEndpointAuthMethod: "client_secret_post"}), "public": w.public(storage.ClientMetadata{}), "signing": signing} {
		f := w.params(rp, "scope", "openid email")
		if rp == signing {
			f = form("request", k.sign("PS256", nil, w.ask(rp)), "state", "outside")
		}
		var uri string
		if name == "post" {
			f.Set("client_id", rp.ID)
			f.Set("client_secret", rp.Secret)
			uri = w.taken(w.Call("/oauth2/par", nil, f))
		} else {
			uri = w.taken(w.push(rp, f))
		}
		to := w.bare(rp, "request_uri", uri) + "&" + url.Values{"scope": {"openid phone"}, "state": {"evil"}, "nonce": {"evil"}, "redirect_uri": {"https://evil.test/"}, "prompt": {"none"}, "request": {"x"}, "response_mode": {"form_post"}}.Encode()
		p := w.Browser().Get(to).SignIn(w.email, testkit.Password).Allow()
		q := p.Params()
		a := w.ok(w.redeemAny(rp, q.Get("code")))
		state := map[bool]string{true: "inside", false: "state-1"}[rp == signing]
		if q.Get("state") != state || a.Text("scope") != "openid email" || !strings.HasPrefix(p.Location.String(), rp.Redirect) {
			t.Errorf("%s: %s %s", name, p.Location, a.Body)
		}
	}
}

// redeemAny redeems as a client whatever way it authenticates by.
func (w *world) redeemAny(rp *testkit.RP, code string) *testkit.Answer {
	if rp.Client.Metadata.TokenEndpointAuthMethod != "client_secret_post" {
		return w.Redeem(rp, code)
	}
	return w.Call("/oauth2/token", nil, form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier, "client_id", rp.ID, "client_secret", rp.Secret))
}

// The rows of the authorization endpoint judge what is pushed, at once and as JSON.
func TestFAPI_PARRejects(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	for row, f := range map[string]url.Values{
		"authorize.redirect_uri":             w.params(rp, "redirect_uri", rp.Redirect+"/x"),
		"authorize.pkce_method":              w.params(rp, "code_challenge_method", "plain"),
		"authorize.scope":                    w.params(rp, "scope", "openid nonsense"),
		"authorize.response_type":            w.params(rp, "response_type", ""),
		"authorize.response_type_registered": w.params(rp, "response_type", "code token"),
		"authorize.prompt":                   w.params(rp, "prompt", "none login"),
		"authorize.claims":                   w.params(rp, "claims", "{"),
		"authorize.registration":             w.params(rp, "registration", "{}"),
		"authorize.printable":                w.params(rp, "state", "a\nb"),
		"authorize.request_object":           w.params(rp, "request", "a.b.c"),
	} {
		code := map[string]string{
			"authorize.scope": "invalid_scope", "authorize.request_object": "invalid_request_object", "authorize.registration": "registration_not_supported",
			"authorize.response_type_registered": "unsupported_response_type",
		}[row]
		if code == "" {
			code = "invalid_request"
		}
		w.row(row, func() { w.refused(w.push(rp, f), 400, code) })
	}
	w.refused(w.push(rp, w.params(rp, "redirect_uri", "")), 400, "invalid_request")
	w.row("authorize.pkce_required", func() {
		public := w.public(storage.ClientMetadata{})
		w.refused(w.push(public, w.params(public, "code_challenge", "", "code_challenge_method", "")), 400, "invalid_request")
	})
	signing, k := w.strict("ES256")
	w.row("authorize.signed", func() { w.refused(w.push(signing, w.params(signing)), 400, "invalid_request") }) // …-unsigned-request-at-par-endpoint-fails
	w.row("jar.nested", func() {
		w.refused(w.push(signing, form("request", k.sign("ES256", nil, w.ask(signing, "request_uri", "urn:x")))), 400, "invalid_request_object")
	})
	w.row("jar.client_id", func() { // RFC 9126 section 3
		w.refused(w.push(signing, form("request", k.sign("ES256", nil, w.ask(signing, "client_id", rp.ID)))), 400, "invalid_request_object")
	})
	w.row("jar.audience", func() {
		w.refused(w.push(signing, form("request", k.sign("ES256", nil, w.ask(signing, "aud", w.URL+"/oauth2/par")))), 400, "invalid_request_object")
	})
	if a := w.push(rp, form("state", strings.Repeat("x", 70_000))); a.Status != 413 {
		t.Errorf("a large body: %d", a.Status)
	}
	if a := w.Raw("POST", "/oauth2/par", `{"a":1}`, "Content-Type", "application/json"); a.Status != 415 {
		t.Errorf("JSON: %d", a.Status)
	}
}

// A request that the browser could not carry is pushed and answered all the same: the flow then refers to it, for as long as the person takes.
func TestFAPI_PARLargeRequest(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	state := strings.Repeat("s", 6000)
	uri := w.pushed(rp, "state", state)
	b := w.Browser()
	p := b.Get(w.bare(rp, "request_uri", uri))
	w.Clock.Advance(30 * time.Minute)
	p = p.SignIn(w.email, testkit.Password).Allow()
	q := p.Params()
	if q.Get("state") != state {
		t.Errorf("%d bytes of state", len(q.Get("state")))
	}
	w.ok(w.Redeem(rp, q.Get("code")))
	w.page(get(b, w.bare(rp, "request_uri", uri)), 400, "invalid_request_uri")
}

func TestFAPI_RequirePushedRequests(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{ClientRequests: storage.ClientRequests{RequirePushedRequests: true}})
	w.row("authorize.pushed", func() { w.refusedTo(w.Get(w.AuthURL(rp)), rp, "query", "invalid_request") })
	if q := w.Browser().Get(w.bare(rp, "request_uri", w.pushed(rp))).SignIn(w.email, testkit.Password).Allow().Params(); q.Get("code") == "" {
		t.Errorf("%v", q)
	}
	all := alone(t, func(c *app.Config) { c.Tokens.RequirePushed = true })
	plain := all.Client(storage.ClientMetadata{})
	all.row("authorize.pushed", func() { all.refusedTo(all.Get(all.AuthURL(plain)), plain, "query", "invalid_request") })
	all.begins(all.bare(plain, "request_uri", all.pushed(plain)))
	if all.Get("/.well-known/openid-configuration").JSON["require_pushed_authorization_requests"] != true {
		t.Error("discovery does not say so")
	}
}

// Assertions name the issuer, or the endpoint they are sent to (RFC 9126 section 2).
func TestFAPI_PARClientAssertion(t *testing.T) {
	w := open(t)
	k := newKey(t, "PS256")
	rp := w.Client(storage.ClientMetadata{TokenEndpointAuthMethod: "private_key_jwt", TokenEndpointAuthSignAlg: "PS256", JWKS: k.jwks()})
	send := func(changes ...any) *testkit.Answer {
		f := w.params(rp)
		f.Set("client_assertion_type", assertionType)
		f.Set("client_assertion", k.sign("PS256", nil, w.claims(rp, changes...)))
		return w.Call("/oauth2/par", nil, f)
	}
	w.taken(send("aud", w.URL))
	w.taken(send("aud", w.URL+"/oauth2/par"))
	for _, bad := range [][]any{{"aud", "https://other.test"}, {"iss", "other"}, {"sub", "other"}, {"aud", []string{w.URL, "https://other.test"}}} {
		w.row("client.assertion", func() { w.refused(send(bad...), 401, "invalid_client") })
	}
}

// A proof that comes with the pushed request ties the code to its key, as dpop_jkt does (RFC 9449 section 10.1).
func TestFAPI_PARDPoP(t *testing.T) {
	w := open(t)
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	rp := w.Client(storage.ClientMetadata{})
	code := func(a *testkit.Answer) string {
		return w.Browser().Get(w.bare(rp, "request_uri", w.taken(a))).SignIn(w.email, testkit.Password).Allow().Code()
	}
	for _, changes := range [][]string{nil, {"dpop_jkt", k.jkt()}} {
		c := code(w.prove("/oauth2/par", rp, w.params(rp, changes...), w.proof(k, "/oauth2/par")))
		w.row("code.dpop_jkt", func() { w.refused(w.redeemBy(rp, c, w.tokenProof(other)), 400, "invalid_grant") })
		w.keyed(w.redeemBy(rp, c, w.tokenProof(k)), rp, k)
	}
	w.keyed(w.redeemBy(rp, code(w.push(rp, w.params(rp, "dpop_jkt", k.jkt()))), w.tokenProof(k)), rp, k)
	w.row("par.dpop", func() { // …-ensure-mismatched-dpop-jkt-fails
		w.refused(w.prove("/oauth2/par", rp, w.params(rp, "dpop_jkt", other.jkt()), w.proof(k, "/oauth2/par")), 400, "invalid_request")
	})
	once := w.proof(k, "/oauth2/par")
	w.taken(w.prove("/oauth2/par", rp, w.params(rp), once))
	w.row("dpop.unused", func() { w.refused(w.prove("/oauth2/par", rp, w.params(rp), once), 400, "invalid_dpop_proof") })
	w.row("par.dpop", func() {
		w.refused(w.prove("/oauth2/par", rp, w.params(rp), w.tokenProof(k)), 400, "invalid_dpop_proof")
	})
}
