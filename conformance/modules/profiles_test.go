package modules

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// profiled is a registration that its profile accepts, with nothing in it that the profile sets.
func (w *world) profiled(profile string, k *key, changes object) object {
	m := object{"profile": profile, "client_name": "Acme " + profile, "redirect_uris": []string{"https://app.test/cb"}, "scope": "openid email"}
	switch profile {
	case profiles.OAuth21, profiles.MCP:
		m["token_endpoint_auth_method"] = "none"
	case profiles.FAPICIBA:
		m["backchannel_authentication_request_signing_alg"], m["jwks"] = "ES256", k.jwks()
		delete(m, "redirect_uris")
	default:
		m["jwks"] = k.jwks()
	}
	maps.Copy(m, changes)
	for name, v := range m {
		if v == nil {
			delete(m, name)
		}
	}
	return m
}

// operate registers a client as an operator would, from a file.
func (w *world) operate(m object) (*testkit.RP, error) {
	w.t.Helper()
	raw, err := json.Marshal(m)
	w.must(err)
	d, err := register.ParseDocument(raw)
	if err != nil {
		return nil, err
	}
	g, err := w.App.Registrar.Create(context.Background(), d.ClientMetadata, register.Options{Actor: registrarActor()})
	if err != nil {
		return nil, err
	}
	rp := &testkit.RP{ID: g.Client.ClientID, Secret: g.Secret, Client: g.Client}
	if uris := g.Client.Metadata.RedirectURIs; len(uris) > 0 {
		rp.Redirect = uris[0]
	}
	return rp, nil
}

func (w *world) operated(m object) *testkit.RP {
	w.t.Helper()
	rp, err := w.operate(m)
	w.must(err)
	return rp
}

// contradictions has, for each rule of each profile, a setting that breaks it. A rule that several profiles share has one entry.
func contradictions() map[string]object {
	const implicit = "implicit"
	out := map[string]object{
		"grant_types": {"grant_types": []string{"authorization_code", implicit}, "response_types": []string{"code", "id_token"}}, "response_types": {"grant_types": []string{"authorization_code"}, "response_types": []string{"code", "id_token"}},
		"pkce": {"jedan_require_pkce": false}, "auth_method": {"token_endpoint_auth_method": "client_secret_basic"},
		"bound": {"dpop_bound_access_tokens": false, "tls_client_certificate_bound_access_tokens": false}, "pushed": {"require_pushed_authorization_requests": false},
		"redirect_uris": {"redirect_uris": []string{"http://127.0.0.1/cb"}}, "signed_requests": {"require_signed_request_object": false},
		"request_lifetime": {"jedan_strict_request_object": false}, "response_modes": {"response_modes": []string{"jwt", "query"}}, "nonce": {"jedan_require_nonce": false},

		"oauth2.1.refresh": {"jedan_refresh_rotation": false}, "mcp.refresh": {"jedan_refresh_rotation": false}, "refresh": {"jedan_refresh_rotation": true},
		"fapi1-advanced.grant_types":    {"grant_types": []string{"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"}},
		"fapi1-advanced.response_types": {"grant_types": []string{"authorization_code", implicit}, "response_types": []string{"code id_token token"}},
		"fapi-ciba.grant_types":         {"grant_types": []string{"urn:openid:params:grant-type:ciba", "authorization_code"}, "redirect_uris": []string{"https://app.test/cb"}},
		"fapi-ciba.delivery":            {"backchannel_token_delivery_mode": "push"}, "fapi-ciba.signed_requests": {"backchannel_authentication_request_signing_alg": nil},
		"mcp.grant_types": {"grant_types": []string{"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"}},
		"mcp.consent":     {"jedan_first_party": true}, "mcp.scope": {"scope": "openid email files:delete"}, "mcp.access": {"jedan_access_token_seconds": 3601},
		"mcp.grant": {"jedan_refresh_token_seconds": 31 * 24 * 3600},
	}
	for _, member := range []string{
		"id_token_signed_response_alg", "authorization_signed_response_alg", "introspection_signed_response_alg", "userinfo_signed_response_alg", "jedan_access_token_alg",
		"request_object_signing_alg", "token_endpoint_auth_signing_alg", "backchannel_authentication_request_signing_alg",
	} {
		out[member] = object{member: "RS256"}
	}
	return out
}

// withCeiling bounds what clients under mcp get, and lets everybody register.
func withCeiling(c *app.Config) {
	anybody(c)
	c.Register.GrantTypes = append(c.Register.GrantTypes, "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:device_code")
	c.MCP.Scopes = []string{"openid", "email", "offline_access", "files:read", "files:write"}
}

// Every rule of every profile has a setting that breaks it, and is named when it does: to an operator and to who registers over the network.
func TestProfiles_ContradictionsAreRefused(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil, withCeiling))
	lax := alone(t, func(c *app.Config) { c.Tokens.ClockSkew = 2 * time.Minute })
	k := newKey(t, "ES256")
	broken, used := contradictions(), map[string]bool{}
	for _, p := range profiles.All() {
		if _, err := w.operate(w.profiled(p.Name, k, nil)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		for _, r := range p.Rules {
			name := p.Name + "." + r.Name
			if r.Name == "clock_skew" {
				_, err := lax.operate(w.profiled(p.Name, k, nil))
				wantRule(t, name, r, err)
				continue
			}
			changes, ok := broken[name]
			if !ok {
				name, changes = r.Name, broken[r.Name]
			}
			if used[name] = true; changes == nil {
				t.Errorf("no setting breaks %s.%s", p.Name, r.Name)
			}
			_, err := w.operate(w.profiled(p.Name, k, changes))
			wantRule(t, p.Name+"."+r.Name, r, err)
			w.overNetwork(p.Name, k, changes, r)
		}
	}
	for name := range broken {
		if !used[name] {
			t.Errorf("%s breaks no rule", name)
		}
	}
}

func wantRule(t *testing.T, name string, r profiles.Rule, err error) {
	t.Helper()
	p, ok := register.AsProblem(err)
	profile, _, _ := strings.Cut(name, "."+r.Name)
	if !ok || !errs.Is(err, errs.Invalid) || p.Member != r.Member || !strings.Contains(p.Rule, "under the profile "+profile+" ("+r.Section+")") {
		t.Errorf("%s: %v", name, err)
	}
}

// overNetwork tries the same by dynamic registration, where a stranger can say it at all.
func (w *world) overNetwork(profile string, k *key, changes object, r profiles.Rule) {
	w.t.Helper()
	for name := range changes {
		if strings.HasPrefix(name, "jedan_") || name == "scope" {
			return // not a stranger's to say, or left out by the policy
		}
	}
	a := w.send(http.MethodPost, "/oauth2/register", "", w.profiled(profile, k, changes))
	code := "invalid_client_metadata"
	if r.Member == "redirect_uris" {
		code = "invalid_redirect_uri"
	}
	w.regRefused(a, code)
	if !strings.Contains(a.Text("error_description"), "under the profile "+profile) {
		w.t.Errorf("%s.%s: %s", profile, r.Name, a.Body)
	}
}

// What a profile sets is in the registration, and stays there: an update cannot take it away, nor can the client itself.
func TestProfiles_Set(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil, withCeiling))
	k := newKey(t, "ES256")
	rp := w.operated(w.profiled(profiles.FAPI2Messages, k, nil))
	m := rp.Metadata
	if m.TokenEndpointAuthMethod != "private_key_jwt" || !m.DPoPBound || m.CertificateBound || !m.RequirePushedRequests || !m.RequirePKCE || !m.RequireSignedRequestObject ||
		!m.StrictRequestObject || m.IDTokenSignedResponseAlg != "ES256" || m.AuthorizationSignedResponseAlg != "ES256" || len(m.ResponseModes) != 1 || m.ResponseModes[0] != "jwt" {
		t.Errorf("set: %+v", m)
	}
	ciba := w.operated(w.profiled(profiles.FAPICIBA, k, nil)).Metadata
	if !ciba.CertificateBound || ciba.BackchannelDelivery != "poll" || len(ciba.ResponseTypes) != 0 {
		t.Errorf("set: %+v", ciba)
	}
	one := w.operated(w.profiled(profiles.FAPI1, k, object{"grant_types": []string{"authorization_code", "implicit"}, "response_types": []string{"code id_token"}})).Metadata
	if !one.CertificateBound || !one.RequireNonce || len(one.ResponseModes) != 0 || !one.RequireSignedRequestObject {
		t.Errorf("set: %+v", one)
	}
	for name, change := range map[string]object{
		"token_endpoint_auth_method": {"token_endpoint_auth_method": "client_secret_basic"}, "require_pushed_authorization_requests": {"require_pushed_authorization_requests": false},
		"id_token_signed_response_alg": {"id_token_signed_response_alg": "RS256"},
	} {
		raw, err := json.Marshal(w.profiled(profiles.FAPI2Messages, k, change))
		w.must(err)
		d, err := register.ParseDocument(raw)
		w.must(err)
		_, err = w.App.Registrar.Update(context.Background(), rp.ID, register.Change{Actor: registrarActor(), Metadata: func(m *storage.ClientMetadata) error { *m = d.ClientMetadata; return nil }})
		if p, ok := register.AsProblem(err); !ok || p.Member != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.keepsProfile()
}

// keepsProfile: a client under a profile stays there, whatever it says later (RFC 7592 section 2.2).
func (w *world) keepsProfile() {
	w.t.Helper()
	a := w.enrol("", object{"profile": profiles.OAuth21})
	put := func(changes object) *testkit.Answer {
		m := registration(changes)
		m["client_id"] = a.Text("client_id")
		return w.send(http.MethodPut, "/oauth2/register/"+a.Text("client_id"), a.Text("registration_access_token"), m)
	}
	w.regRefused(put(object{"profile": profiles.MCP}), "invalid_client_metadata")
	w.regRefused(put(object{"grant_types": []string{"implicit"}, "response_types": []string{"id_token"}}), "invalid_client_metadata")
	if b := w.ok(put(nil)); b.Text("profile") != profiles.OAuth21 {
		w.t.Errorf("left the profile: %s", b.Body)
	}
	w.regRefused(w.send(http.MethodPost, "/oauth2/register", "", registration(object{"profile": "fapi9"})), "invalid_client_metadata")
}

// A whole server under a profile: it starts only with settings that fit, says in discovery what is left, and clients that do not fit can do nothing.
func TestProfiles_Server(t *testing.T) {
	w := alone(t)
	k := newKey(t, "ES256")
	weak := w.Client(storage.ClientMetadata{})
	good := w.operated(w.profiled(profiles.FAPI2, k, nil))
	cfg := w.App.Config
	cfg.Profile = profiles.FAPI2
	for path, spoil := range map[string]func(c *app.Config){
		"tokens.code_lifetime": func(c *app.Config) { c.Tokens.CodeLifetime = 2 * time.Minute }, "tokens.pushed_lifetime": func(c *app.Config) { c.Tokens.PushedLifetime = 10 * time.Minute },
		"tokens.clock_skew": func(c *app.Config) { c.Tokens.ClockSkew = 0 }, "registration.grant_types": func(c *app.Config) { c.Register.GrantTypes = []string{"implicit"} },
		"profile": func(c *app.Config) { c.Profile = "fapi3" }, "mtls": func(c *app.Config) { c.Profile = profiles.FAPI1 },
	} {
		bad := cfg
		spoil(&bad)
		if _, err := app.Open(context.Background(), bad, app.Options{Log: w.App.Log, Now: w.Clock.Now}); err == nil || !strings.Contains(err.Error(), path+": ") {
			t.Errorf("%s: %v", path, err)
		}
	}
	w.App.Config.Profile = profiles.FAPI2
	w.Restart()
	w.row("authorize.client_enabled", func() { w.page(w.Get(w.AuthURL(weak)), 400, "invalid_client") })
	w.row("client.enabled", func() { w.unknown(w.Redeem(weak, "x")) })
	w.row("authorize.pushed", func() { w.refusedTo(w.Get(w.AuthURL(good, "scope", "openid")), good, "query", "invalid_request") })
	d := w.Get("/.well-known/oauth-authorization-server").JSON
	for name, want := range map[string]string{
		"response_types_supported": `["code"]`, "id_token_signing_alg_values_supported": `["PS256","ES256","EdDSA"]`, "require_pushed_authorization_requests": "true",
		"token_endpoint_auth_methods_supported": `["private_key_jwt"]`, "token_endpoint_auth_signing_alg_values_supported": `["PS256","ES256","EdDSA"]`,
	} {
		if raw, err := json.Marshal(d[name]); err != nil || string(raw) != want {
			t.Errorf("%s is %s, want %s", name, raw, want)
		}
	}
	if raw, _ := json.Marshal(d["grant_types_supported"]); strings.Contains(string(raw), "implicit") {
		t.Errorf("grant types %s", raw)
	}
	if _, err := w.operate(object{"redirect_uris": []string{"https://app.test/cb"}, "token_endpoint_auth_method": "none"}); err == nil {
		t.Error("a public client was registered")
	}
}

// A file that switches off on purpose what the profile switches on is refused; one that says nothing gets it.
func TestProfiles_ServerSettings(t *testing.T) {
	load := func(environ ...string) (app.Config, error) { return app.Load(app.Sources{Environ: environ}) }
	c, err := load("JEDAN_PROFILE=fapi2-security")
	if err != nil || !c.Tokens.RequirePushed {
		t.Errorf("%v %v", c.Tokens.RequirePushed, err)
	}
	if c, err = load("JEDAN_PROFILE=mcp"); err != nil || len(c.Register.Documents) != 1 || c.Register.Documents[0] != "*" {
		t.Errorf("%v %v", c.Register.Documents, err)
	}
	for path, environ := range map[string]string{
		"tokens.require_pushed_authorization_requests": "JEDAN_TOKENS__REQUIRE_PUSHED_AUTHORIZATION_REQUESTS=false", "tokens.code_lifetime": "JEDAN_TOKENS__CODE_LIFETIME=5m",
	} {
		_, err := load("JEDAN_PROFILE=fapi2-security", environ)
		if ps, ok := errors.AsType[config.Problems](err); !ok || len(ps) != 1 || ps[0].Path != path || !strings.Contains(ps[0].Reason, "FAPI 2.0 Security Profile section") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := load("JEDAN_PROFILE=mcp", "JEDAN_REGISTRATION__CLIENT_DOCUMENT_HOSTS=[]"); err == nil {
		t.Error("mcp without client documents")
	}
}
