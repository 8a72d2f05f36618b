package rp

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// agentSite publishes what an agent says of itself, at the URL that is its client_id.
func agentSite(t *testing.T, redirect string) *httptest.Server {
	t.Helper()
	var site *httptest.Server
	site = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(encode(t, map[string]any{
			"client_id": "https://" + r.Host + "/agent.json", "client_name": "Agent", "redirect_uris": []string{redirect}, "token_endpoint_auth_method": "none",
			"grant_types": []string{"authorization_code", "refresh_token"}, "scope": "files:read files:write",
		}))
	}))
	t.Cleanup(site.Close)
	return site
}

// TestMCP: an agent meets an MCP server, finds this server through it, introduces itself by its document, signs a person in, and comes back for more. An
// older one registers itself.
func TestMCP(t *testing.T) {
	script := filepath.Join(filepath.Dir(node(t)[1]), "mcp.mjs")
	for name, c := range map[string]struct {
		option testkit.Option
		most   int // seconds that an access token may live
	}{
		"agents under the profile": {func(c *app.Config) { c.Register.Profile, c.MCP.Access = profiles.MCP, 2*time.Minute }, 120},
		"server under the profile": {func(c *app.Config) { c.Profile, c.MCP.Scopes = profiles.MCP, []string{"files:read", "files:write"} }, 600},
		"no profile":               {func(*app.Config) {}, 600},
	} {
		t.Run(name, func(t *testing.T) { agent(t, script, c.most, c.option) })
	}
}

func agent(t *testing.T, script string, most int, option testkit.Option) {
	const redirect = "http://127.0.0.1:8976/callback"
	site, resource := agentSite(t, redirect), "http://"+freeAddress(t)+"/mcp"
	s := testkit.StartTLS(t, reaching(t, site), option, func(c *app.Config) {
		c.Register.Mode, c.Register.Documents = register.ModeOpen, []string{"127.0.0.1"}
		c.Register.Scopes, c.Register.Resources = []string{"files:read", "files:write"}, []string{resource}
	})
	w := &world{Server: s, t: t, subject: s.Person(email).Subject}
	w.Resource(resource, nil, func(r *register.Resource) { r.Name, r.Scopes = "Files", []string{"files:read", "files:write"} })
	w.Resource(api, nil)
	machine := w.Client(storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, RedirectURIs: []string{}, Scope: "files:read", Resources: []string{api}})
	other := w.Call("/oauth2/token", machine, url.Values{"grant_type": {"client_credentials"}, "resource": {api}}).Text("access_token")
	job := task{Issuer: w.URL, ClientID: site.URL + "/agent.json", Redirect: redirect, extras: extras{
		Resource: resource, Stranger: strings.Replace(site.URL, "127.0.0.1", "localhost", 1) + "/agent.json", OtherToken: other,
	}}
	d := w.told([]string{"node", script}, job, map[string]string{"a token for another resource": "401 invalid_token", "a document of a host that is not listed": "400"})
	if d.Client != job.ClientID || !slices.Equal(d.Scopes, []string{"files:read", "files:read files:write"}) || !d.Registered || d.Lifetime > most || d.Lifetime < most-60 {
		t.Errorf("the MCP server saw %+v", d)
	}
}
