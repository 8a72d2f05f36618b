package modules

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

const tools = "https://tools.test/mcp"

// forAgents is a server for AI clients, as its guide has it.
func forAgents(c *app.Config) {
	c.Profile = profiles.MCP
	c.Register.Scopes = []string{"openid", "offline_access", "files:read", "files:write", "files:delete"}
	c.Register.Resources = []string{tools}
	c.MCP.Scopes = []string{"openid", "offline_access", "files:read", "files:write"}
}

// agents is such a server with its tools registered, and a site where agents describe themselves.
func agents(t *testing.T) (*world, *site) {
	t.Helper()
	s := newSite(t)
	w := alone(t, forAgents, s.reachable)
	_, err := w.App.Registrar.CreateResource(context.Background(), register.Resource{
		Identifier: tools, Scopes: []string{"files:read", "files:write"}, Seconds: 7200,
	}, registrarActor())
	w.must(err)
	return w, s
}

func (w *world) text(p *testkit.Page) string {
	w.t.Helper()
	text, _ := w.seen(p.Body)
	return text
}

// An AI client that was never seen here gets what it needs on the first try, the person is told what it is and until when, and it gets no more than the ceiling.
func TestMCP_FirstTry(t *testing.T) {
	w, s := agents(t)
	d := w.Get("/.well-known/oauth-authorization-server").JSON
	if d["client_id_metadata_document_supported"] != true || d["authorization_response_iss_parameter_supported"] != true {
		t.Errorf("metadata: %v", d)
	}
	for name, want := range map[string]string{
		"code_challenge_methods_supported": `["S256"]`, "response_types_supported": `["code"]`, "grant_types_supported": `["authorization_code","refresh_token","client_credentials"]`,
	} {
		if raw, err := json.Marshal(d[name]); err != nil || string(raw) != want {
			t.Errorf("%s: %s", name, raw)
		}
	}
	if d["device_authorization_endpoint"] != nil || d["backchannel_authentication_endpoint"] != nil {
		t.Errorf("endpoints that no client can use: %v", d)
	}
	rp := s.client("/agent.json", nil)
	w.row("authorize.resource_named", func() {
		w.page(w.Get(w.AuthURL(rp, "scope", "files:read")), 400, "invalid_target")
	})
	w.row("authorize.scope", func() {
		w.page(w.Get(w.AuthURL(rp, "scope", "files:delete", "resource", tools)), 400, "invalid_scope")
	})
	w.begins(w.AuthURL(rp, "scope", "openid"))
	p := w.Browser().Get(w.AuthURL(rp, "scope", "files:read offline_access", "resource", tools)).SignIn(w.email, testkit.Password)
	if text := w.text(p); !p.HasID("consent-agent") || !p.HasID("consent-until") || !strings.Contains(text, "Agent Smith is an agent") || !strings.Contains(text, "files:read") {
		t.Errorf("consent: %s", text)
	}
	q := p.Submit("decision", "allow", "scope", "offline_access").Params()
	if q.Get("iss") != w.URL {
		t.Errorf("iss %q", q.Get("iss"))
	}
	a := w.ok(w.Redeem(rp, q.Get("code"), "resource", tools))
	_, claims := w.parts(a.Text("access_token"))
	if life, _ := a.JSON["expires_in"].(float64); life != 3600 || claims["aud"] != tools || a.Text("refresh_token") == "" {
		t.Errorf("life %v, aud %v: %s", life, claims["aud"], a.Body)
	}
	if g := w.grantsOf(rp.ID); len(g) != 1 || g[0].ExpiresAt.Sub(g[0].CreatedAt) != 720*time.Hour {
		t.Errorf("grants %+v", g)
	}
}

// grantsOf lists the grants of a client by its client_id.
func (w *world) grantsOf(clientID string) []storage.Grant {
	w.t.Helper()
	c, err := w.App.DB.ClientByClientID(context.Background(), w.App.Tenant, clientID)
	w.must(err)
	return w.grants(&testkit.RP{ID: clientID, Client: c})
}

// A request for more scopes asks only for these, and shows what was allowed before; the same again asks nothing.
func TestMCP_StepUpScopes(t *testing.T) {
	w, s := agents(t)
	rp := s.client("/agent.json", nil)
	b := w.Browser()
	b.Authorize(w.AuthURL(rp, "scope", "openid files:read", "resource", tools), w.email)
	more := w.AuthURL(rp, "scope", "openid files:read files:write", "resource", tools)
	p := b.Get(more)
	text := w.text(p)
	before, after, found := strings.Cut(text, "Already allowed")
	if !found || !strings.Contains(before, "also wants to") || !strings.Contains(before, "files:write") || strings.Contains(before, "files:read") || !strings.Contains(after, "files:read") {
		t.Errorf("step-up: %s", text)
	}
	a := w.ok(w.Redeem(rp, p.Allow().Params().Get("code")))
	if a.Text("scope") != "openid files:read files:write" {
		t.Errorf("scope %q", a.Text("scope"))
	}
	if p = b.Get(more); p.Location == nil {
		t.Errorf("asked again: %s", w.text(p))
	}
	if p = b.Get(w.AuthURL(rp, "scope", "openid files:read files:write", "resource", tools, "prompt", "consent")); strings.Contains(w.text(p), "Already allowed") {
		t.Errorf("prompt=consent: %s", w.text(p))
	}
	s.client("/agent.json", object{"client_name": "Agent Jones"}) // another client than the one that was allowed
	w.Clock.Advance(2 * time.Hour)
	if p = b.Get(w.AuthURL(rp, "scope", "openid files:read files:write offline_access", "resource", tools)); strings.Contains(w.text(p), "Already allowed") {
		t.Errorf("another description: %s", w.text(p))
	}
}

// One button ends an agent: consent, grants, refresh and access tokens at once, and it is asked for again.
func TestMCP_OneButtonEnds(t *testing.T) {
	w, s := agents(t)
	rp, other := s.client("/agent.json", nil), s.client("/other.json", object{"client_name": "Agent Brown"})
	b := w.Browser()
	tokens := func(rp *testkit.RP) *testkit.Answer {
		p := b.Get(w.AuthURL(rp, "scope", "openid offline_access files:read", "resource", tools))
		if p.HasID("login-password") {
			p = p.SignIn(w.email, testkit.Password)
		}
		return w.ok(w.Redeem(rp, p.Submit("decision", "allow", "scope", "offline_access").Params().Get("code")))
	}
	a, kept := tokens(rp), tokens(other)
	page := b.Get("/account/apps")
	if text := w.text(page); !strings.Contains(text, "Agent Smith") || !strings.Contains(text, "Agent Brown") || !strings.Contains(text, "files:read") || !strings.Contains(text, "Agent Brown") {
		t.Errorf("apps: %s", text)
	}
	row, err := w.App.DB.ClientByClientID(context.Background(), w.App.Tenant, rp.ID)
	w.must(err)
	if done := page.Submit("app", row.ID.String()); done.Status != 200 || !strings.Contains(w.text(done), "Agent Smith has no access any more") || done.HasID("end-"+row.ID.String()) {
		t.Errorf("ended: %d %s", done.Status, w.text(done))
	}
	w.refused(w.Refresh(rp, a.Text("refresh_token")), 400, "invalid_grant")
	if u := w.Userinfo(a.Text("access_token")); u.Status != 401 {
		t.Errorf("the access token counts: %d", u.Status)
	}
	w.ok(w.Refresh(other, kept.Text("refresh_token")))
	if p := b.Get(w.AuthURL(rp, "scope", "openid files:read", "resource", tools)); !p.HasID("consent-allow") || strings.Contains(w.text(p), "Already allowed") {
		t.Errorf("not asked again: %s", w.text(p))
	}
	somebody := w.Browser()
	email, _ := w.somebody()
	somebody.Get("/account/apps").SignIn(email, testkit.Password)
	if text := w.text(somebody.Get("/account/apps")); strings.Contains(text, "Agent Brown") {
		t.Errorf("another person sees it: %s", text)
	}
}

// The ceiling gives nothing: a client that its operator registered without scopes has what every such client has, as far as it is below the ceiling.
func TestMCP_CeilingGivesNothing(t *testing.T) {
	w := alone(t, forAgents)
	made, err := w.App.Registrar.Create(context.Background(), storage.ClientMetadata{
		RedirectURIs: []string{"https://agent.test/cb"},
	}, register.Options{Actor: registrarActor()})
	w.must(err)
	if made.Client.Metadata.Scope != "openid" {
		t.Errorf("registered for nothing, it has %q", made.Client.Metadata.Scope)
	}
	rp := &testkit.RP{ID: made.Client.ClientID, Secret: made.Secret, Redirect: "https://agent.test/cb", Client: made.Client}
	for _, scope := range []string{"files:read", "files:write", "profile"} {
		if to := w.Get(w.AuthURL(rp, "scope", scope, "resource", tools)).Location(); to == nil || to.Query().Get("error") != "invalid_scope" {
			t.Errorf("%s: the client is answered %v", scope, to)
		}
	}
}

// The ceiling is no policy: who registers itself gets what the policy has and the ceiling leaves, and is told so when that is nothing.
func TestMCP_CeilingIsNoPolicy(t *testing.T) {
	for name, one := range map[string]struct {
		policy, ceiling []string
		asked, granted  string // granted "": refused
	}{
		"nothing asked":          {[]string{"openid", "files:read"}, []string{"openid", "files:write"}, "", "openid"},
		"beyond the policy":      {[]string{"openid"}, []string{"openid", "files:write"}, "openid files:write", "openid"},
		"only beyond the policy": {[]string{"openid"}, []string{"files:write"}, "files:write", ""},
		"only above the ceiling": {[]string{"openid", "files:read"}, []string{"openid"}, "files:read", ""},
		"nothing in common":      {[]string{"openid"}, []string{"files:write"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := alone(t, forAgents, anybody, func(c *app.Config) {
				c.Register.GrantTypes, c.Register.Resources = []string{"authorization_code", "refresh_token"}, nil
				c.Register.Scopes, c.MCP.Scopes = one.policy, one.ceiling
			})
			changes := object{"scope": one.asked}
			if one.asked == "" {
				delete(changes, "scope")
			}
			if one.granted == "" {
				w.regRefused(w.send("POST", "/oauth2/register", "", registration(changes)), "invalid_client_metadata")
				return
			}
			if got := w.enrol("", changes).Text("scope"); got != one.granted {
				t.Errorf("scope %q", got)
			}
		})
	}
}
