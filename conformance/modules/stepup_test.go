package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// RFC 9470: UserInfo demands a recent sign-in, says so in a challenge, and what the challenge says leads to a token that it takes.
func TestStepUp_Userinfo(t *testing.T) {
	w := alone(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.signedIn(rp)
	old := w.tokens(rp).Text("access_token")
	w.ok(w.Userinfo(old))
	w.Resource(w.URL+"/oauth2/userinfo", nil, func(r *register.Resource) { r.MaxAge, r.ACRValues = 300, []string{"1"} })
	w.ok(w.Userinfo(old))
	w.Clock.Advance(6 * time.Minute)
	a := w.Userinfo(old)
	w.refused(a, 401, "insufficient_user_authentication")
	challenge := a.Header.Get("WWW-Authenticate")
	for _, part := range []string{`Bearer realm=`, `error="insufficient_user_authentication"`, `acr_values="1"`, `max_age="300"`} {
		if !strings.Contains(challenge, part) {
			t.Errorf("no %s in %s", part, challenge)
		}
	}
	p := b.Get(w.AuthURL(rp, "max_age", "300", "acr_values", "1"))
	code := p.SignIn(w.email, testkit.Password).Allow().Params().Get("code")
	w.ok(w.Userinfo(w.ok(w.Redeem(rp, code)).Text("access_token")))
	w.refused(w.Userinfo(old), 401, "insufficient_user_authentication")
	w.refused(w.Userinfo("x"), 401, "invalid_token") // what is no token is told first
}

// A resource with demands is signed in for as it demands, whatever the client asks.
func TestStepUp_Resource(t *testing.T) {
	w := alone(t)
	w.Resource("https://bank.example", nil, func(r *register.Resource) { r.MaxAge = 60 })
	rp := w.Client(storage.ClientMetadata{Resources: []string{"https://bank.example"}})
	b := w.signedIn(rp, "resource", "https://bank.example")
	w.Clock.Advance(2 * time.Minute)
	if q := b.Authorize(w.AuthURL(rp, "prompt", "none"), w.email); q.Get("code") == "" {
		t.Errorf("without the resource: %v", q)
	}
	for _, more := range [][]string{nil, {"max_age", "3600"}} {
		if q := b.Authorize(w.AuthURL(rp, append(more, "prompt", "none", "resource", "https://bank.example")...), w.email); q.Get("error") != "login_required" {
			t.Errorf("%v: %v", more, q)
		}
	}
	if q := b.Authorize(w.AuthURL(rp, "resource", "https://bank.example"), w.email); q.Get("code") == "" {
		t.Errorf("after signing in again: %v", q)
	}
}

// A resource's class of authentication is asked of the session that answers, whatever the client asked for.
func TestStepUp_ResourceClass(t *testing.T) {
	w := alone(t)
	w.Resource("https://bank.example", nil, func(r *register.Resource) { r.ACRValues = []string{"1"} })
	rp := w.Client(storage.ClientMetadata{Resources: []string{"https://bank.example"}})
	b := w.signedIn(rp, "resource", "https://bank.example")
	_, err := w.App.DB.SQL().ExecContext(t.Context(), "UPDATE sessions SET acr = '0'")
	w.must(err)
	w.Restart()
	if q := w.response(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query"); q.Get("code") == "" {
		t.Errorf("without the resource: %v", q)
	}
	w.row("interaction.resource_acr", func() {
		w.refusedTo(get(b, w.AuthURL(rp, "prompt", "none", "resource", "https://bank.example")), rp, "query", "login_required")
	})
}

// Per-client and per-resource lifetimes and algorithms.
func TestTokens_PerClientAndResource(t *testing.T) {
	w := alone(t)
	w.Resource("https://rsa.example", nil, func(r *register.Resource) { r.Alg = "PS256" })
	w.Resource("https://ed.example", nil, func(r *register.Resource) { r.Alg, r.Seconds = "EdDSA", 30 })
	var m storage.ClientMetadata
	m.Resources, m.AccessTokenAlg, m.AccessTokenSeconds = []string{"https://rsa.example", "https://ed.example"}, "RS256", 120
	m.IDTokenSeconds, m.RefreshSeconds = 45, 3600
	rp := w.Client(m)
	for resource, want := range map[string]string{"": "RS256", "https://rsa.example": "PS256", "https://ed.example": "EdDSA"} {
		a := w.offline(rp, "resource", resource)
		header, claims := w.parts(a.Text("access_token"))
		life := map[bool]float64{true: 30, false: 120}[want == "EdDSA"]
		if header["alg"] != want || claims["exp"].(float64)-claims["iat"].(float64) != life {
			t.Errorf("%q: %v %v", resource, header, claims)
		}
		if _, id := w.parts(a.Text("id_token")); id["exp"].(float64)-id["iat"].(float64) != 45 {
			t.Errorf("ID token: %v", id)
		}
	}
	a := w.offline(rp)
	w.Clock.Advance(59 * time.Minute)
	w.ok(w.Refresh(rp, a.Text("refresh_token")))
	w.Clock.Advance(2 * time.Minute)
	w.row("refresh.live", func() { w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "invalid_grant") })
	// Resources whose tokens are signed differently are not to be had in one token.
	both := "&resource=https%3A%2F%2Frsa.example&resource=https%3A%2F%2Fed.example"
	code := w.Browser().Authorize(w.AuthURL(rp)+both, w.email).Get("code")
	w.refused(w.Redeem(rp, code), 400, "invalid_target")
	w.ok(w.Redeem(rp, code, "resource", "https://ed.example"))
	front := w.types(storage.ClientMetadata{Resources: m.Resources}, "id_token token")
	q := w.Browser().Authorize(w.AuthURL(front, "response_type", "id_token token")+both, w.email)
	if q.Get("error") != "invalid_target" || q.Get("access_token") != "" {
		t.Errorf("a token that cannot be made: %v", q)
	}
}

// RFC 9068 section 2.2: what an access token says, and under which names.
func TestTokens_RFC9068(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	header, claims := w.parts(w.tokens(rp).Text("access_token"))
	if header["typ"] != "at+jwt" || header["alg"] == nil || header["kid"] == nil {
		t.Errorf("header: %v", header)
	}
	for _, name := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time", "acr", "amr", "scope"} {
		if claims[name] == nil {
			t.Errorf("no %s in %v", name, claims)
		}
	}
	if amr := members(claims, "amr"); len(amr) != 1 || amr[0] != "pwd" {
		t.Errorf("amr: %v", claims["amr"])
	}
	machine := w.machine(storage.ClientMetadata{})
	_, claims = w.parts(w.ok(w.Call("/oauth2/token", machine, form("grant_type", "client_credentials"))).Text("access_token"))
	if claims["sub"] != machine.ID || claims["client_id"] != machine.ID || claims["auth_time"] != nil || claims["acr"] != nil || claims["amr"] != nil {
		t.Errorf("of a client: %v", claims)
	}
}
