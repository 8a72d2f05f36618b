package modules

import (
	"net/url"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

// proving is a form with a client assertion for the issuer.
func (w *world) proving(rp *testkit.RP, k *key, alg string, f url.Values) url.Values {
	w.t.Helper()
	f.Set("client_id", rp.ID)
	f.Set("client_assertion_type", assertionType)
	f.Set("client_assertion", k.sign(alg, nil, w.claims(rp, "aud", w.URL)))
	return f
}

// Nothing at run time is weaker than a client's profile, whatever the server or a resource allows others.
func TestProfiles_RunTime(t *testing.T) {
	w := alone(t, func(c *app.Config) { c.Tokens.CodeLifetime, c.Tokens.PushedLifetime = 5*time.Minute, 10*time.Minute })
	k := newKey(t, "PS256")
	rp := w.operated(w.profiled(profiles.FAPI2, k, object{"scope": "openid email"}))
	w.refused(w.Call("/oauth2/par", nil, w.proving(rp, k, "RS256", w.params(rp, "scope", "openid"))), 401, "invalid_client")
	a := w.Call("/oauth2/par", nil, w.proving(rp, k, "PS256", w.params(rp, "scope", "openid")))
	uri := w.taken(a)
	if a.JSON["expires_in"] != float64(599) {
		t.Errorf("request_uri lives %v s", a.JSON["expires_in"])
	}
	code := w.Browser().Authorize(w.bare(rp, "request_uri", uri), w.email).Get("code")
	if g := w.grants(rp); len(g) != 1 || g[0].CodeExpires.Sub(g[0].CreatedAt) != time.Minute {
		t.Errorf("grants %+v", g)
	}
	f := form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier)
	w.refused(w.Call("/oauth2/token", nil, w.proving(rp, k, "PS256", f)), 400, "invalid_dpop_proof")
	proofKey := newKey(t, "ES256")
	token := w.ok(w.prove("/oauth2/token", nil, w.proving(rp, k, "PS256", f), w.proof(proofKey, "/oauth2/token")))
	if token.Text("token_type") != "DPoP" {
		t.Errorf("token %s", token.Body)
	}
	w.weakResource(k)
	signs := w.operated(w.profiled(profiles.FAPI2Messages, k, nil))
	if a := w.ok(w.Call("/oauth2/introspect", nil, w.proving(signs, k, "PS256", form("token", "jda_x")))); a.Header.Get("Content-Type") != introspectionJWT {
		t.Errorf("an introspection answer that nobody signed: %s %s", a.Header.Get("Content-Type"), a.Body)
	}
}

// weakResource: a resource may want RS256 of others, and gets nothing from a client under FAPI.
func (w *world) weakResource(k *key) {
	w.t.Helper()
	const weak = "https://weak.test"
	_, err := w.App.Registrar.CreateResource(w.t.Context(), register.Resource{Identifier: weak, Scopes: []string{"accounts"}, Alg: "RS256"}, registrarActor())
	w.must(err)
	rp := w.operated(w.profiled(profiles.FAPI2, k, object{
		"grant_types": []string{"client_credentials"}, "redirect_uris": nil, "scope": "accounts", "jedan_resources": []string{weak},
	}))
	ask := func(more ...string) *testkit.Answer {
		f := form(append([]string{"grant_type", "client_credentials"}, more...)...)
		return w.prove("/oauth2/token", nil, w.proving(rp, k, "PS256", f), w.proof(newKey(w.t, "ES256"), "/oauth2/token"))
	}
	w.ok(ask())
	w.refused(ask("resource", weak), 400, "invalid_target")
}

// Under FAPI 1.0 a request without openid has a state (Baseline section 5.2.2.3).
func TestProfiles_FAPI1State(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil))
	k := newKey(t, "ES256")
	rp := w.operated(w.profiled(profiles.FAPI1, k, nil))
	send := func(changes ...any) {
		w.Get(w.bare(rp, "request", k.sign("ES256", nil, w.ask(rp, append(changes, "response_mode", "jwt")...))))
	}
	w.row("authorize.state", func() { send("scope", "email", "state", nil) })
	for _, fine := range [][]any{{"scope", "email"}, {"scope", "openid email", "state", nil}} {
		mark := w.Log.Mark()
		if send(fine...); len(w.Log.Refused(mark)) > 0 {
			t.Errorf("%v: refused by %v", fine, w.Log.Refused(mark))
		}
	}
	w.row("authorize.nonce", func() { send("nonce", nil) })
	w.row("authorize.signed", func() { w.Get(w.AuthURL(rp, "scope", "openid", "response_mode", "jwt")) })
}
