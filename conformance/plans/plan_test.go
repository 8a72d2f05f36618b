package plans

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func values() Values {
	return Values{Suite: "https://localhost:8443", Issuer: "https://localhost:9443", Username: "maria", Password: `pa"ss{issuer}`}
}

func registered(t *testing.T, p Plan, v Values) []Registered {
	t.Helper()
	clients, err := p.Clients(v)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]Registered, 0, len(clients))
	for _, c := range clients {
		out = append(out, Registered{Client: c, ID: c.Role + c.Module + "-id", Secret: c.Role + "-secret"})
	}
	return out
}

func find(t *testing.T, name string) Plan {
	t.Helper()
	p, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// configured returns the suite's configuration as the suite reads it.
func configured(t *testing.T, name string, v Values) (Plan, map[string]any) {
	t.Helper()
	p := find(t, name)
	cfg, err := p.Configuration(v, registered(t, p, v))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return p, out
}

func at(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

// What the issue asks for: each with every variant that it names.
func TestAllHasThePlansOfTheIssue(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, p := range all {
		if have[p.Name] {
			t.Errorf("%s stands there twice", p.Name)
		}
		have[p.Name] = true
	}
	var want []string
	for _, base := range []string{
		"oidcc-basic", "oidcc-implicit", "oidcc-hybrid", "oidcc-formpost-basic", "oidcc-formpost-implicit", "oidcc-formpost-hybrid",
		"oidcc-rp-initiated-logout", "oidcc-backchannel-logout", "oidcc-frontchannel-logout", "oidcc-session-management",
		"oidcc-test-plan-none", "oidcc-test-plan-client-secret-basic", "oidcc-test-plan-client-secret-post", "oidcc-test-plan-client-secret-jwt",
		"oidcc-test-plan-private-key-jwt", "oidcc-test-plan-mtls",
	} {
		want = append(want, base)
		// The suite registers a method "mtls", which no server can know, and public clients without PKCE, which only an operator may allow.
		if base != "oidcc-test-plan-mtls" && base != "oidcc-test-plan-none" {
			want = append(want, base+"-dynamic")
		}
	}
	want = append(want, "oidcc-config", "oidcc-dynamic", "oidcc-3rd-party-init-login", "fapi-ciba-poll", "fapi-ciba-poll-mtls", "fapi-ciba-ping", "fapi-ciba-ping-mtls")
	for _, auth := range []string{"pkjwt", "mtls"} {
		want = append(want, "fapi1-advanced-"+auth+"-by-value", "fapi1-advanced-"+auth+"-by-value-jarm", "fapi1-advanced-"+auth+"-par", "fapi1-advanced-"+auth+"-par-jarm")
		for _, bound := range []string{"dpop", "mtls"} {
			name := auth + "-" + bound
			want = append(want, "fapi2-security-"+name, "fapi2-security-"+name+"-oauth", "fapi2-security-"+name+"-client-credentials",
				"fapi2-message-signing-"+name, "fapi2-message-signing-"+name+"-oauth")
		}
	}
	for _, name := range want {
		if !have[name] {
			t.Errorf("there is no plan %s", name)
		}
	}
}

func TestFindNamesThePlansThatExist(t *testing.T) {
	if _, err := Find("oidcc-basic"); err != nil {
		t.Fatal(err)
	}
	_, err := Find("oidcc-bsaic")
	if !errors.Is(err, ErrUnknownPlan) || !strings.Contains(err.Error(), "oidcc-hybrid") {
		t.Errorf("got %v, want ErrUnknownPlan with the names", err)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"oidcc-basic", "oidcc-basic", true}, {"oidcc-basic", "oidcc-basic-dynamic", false}, {"oidcc-*", "oidcc-basic", true}, {"oidcc-*", "fapi-oidcc-", false},
		{"*-mtls", "fapi-ciba-poll-mtls", true}, {"*-mtls", "fapi-mtls-par", false}, {"fapi2-*-dpop*", "fapi2-security-pkjwt-dpop-oauth", true},
		{"fapi2-*-dpop*", "fapi2-security-pkjwt-mtls", false}, {"a*a", "a", false}, {"*", "x", true},
	} {
		if got := Fits(c.pattern, c.name); got != c.want {
			t.Errorf("%s, %s: %v", c.pattern, c.name, got)
		}
	}
	found, err := Match("fapi-ciba-*")
	if err != nil || len(found) != 4 {
		t.Errorf("found %d, %v", len(found), err)
	}
	if _, err := Find("fapi-ciba-*"); !errors.Is(err, ErrUnknownPlan) {
		t.Errorf("one plan by a pattern: %v", err)
	}
}

func TestClientsAreFilled(t *testing.T) {
	clients := registered(t, find(t, "oidcc-rp-initiated-logout"), values())
	if len(clients) != 2 || clients[0].Role != "client" || clients[1].Role != "client2" {
		t.Fatalf("clients: %v", clients)
	}
	var m struct {
		RedirectURIs  []string `json:"redirect_uris"`
		PostLogout    []string `json:"post_logout_redirect_uris"`
		ResponseTypes []string `json:"response_types"`
		AuthMethod    string   `json:"token_endpoint_auth_method"`
	}
	if err := json.Unmarshal(clients[1].Metadata, &m); err != nil {
		t.Fatal(err)
	}
	base := "https://localhost:8443/test/a/jedan-oidcc-rp-initiated-logout/"
	if !slices.Equal(m.RedirectURIs, []string{base + "callback", base + "callback?dummy1=lorem&dummy2=ipsum"}) {
		t.Errorf("redirect_uris: %v", m.RedirectURIs)
	}
	if !slices.Equal(m.PostLogout, []string{base + "post_logout_redirect"}) {
		t.Errorf("post_logout_redirect_uris: %v", m.PostLogout)
	}
	if !slices.Equal(m.ResponseTypes, []string{"code"}) || m.AuthMethod != "client_secret_basic" {
		t.Errorf("response_types %v, auth method %q", m.ResponseTypes, m.AuthMethod)
	}
}

func TestConfigurationHasCredentialsAndScripts(t *testing.T) {
	_, got := configured(t, "oidcc-basic", values())
	if got["alias"] != "jedan-oidcc-basic" || at(got, "client_secret_post", "client_id") != "client_secret_post-id" ||
		at(got, "client", "client_secret") != "client-secret" || at(got, "client", "jwks") != nil ||
		at(got, "server", "discoveryUrl") != "https://localhost:9443/.well-known/openid-configuration" {
		t.Errorf("configuration: %v", got)
	}
	browser := got["browser"].([]any)[0].(map[string]any)
	tasks := browser["tasks"].([]any)
	if browser["match"] != "https://localhost:9443/oauth2/authorize*" || len(tasks) != 4 {
		t.Fatalf("browser: %+v", browser)
	}
	password := at(tasks[0], "commands").([]any)[1].([]any)[3]
	if password != `pa"ss{issuer}` {
		t.Errorf("a password that looks like a placeholder was changed: %v", password)
	}
	if at(got, "override", "oidcc-ensure-registered-redirect-uri", "browser") == nil {
		t.Error("no script for the module that ends on an error page: it would hang")
	}
}

// Nobody has consented yet to the clients of the module in which the person says no.
func TestModuleWithClientsOfItsOwn(t *testing.T) {
	_, cfg := configured(t, "fapi2-security-pkjwt-dpop", values())
	own := at(cfg, "override", "fapi2-security-profile-final-user-rejects-authentication")
	if id := at(own, "client", "client_id"); id == nil || id == at(cfg, "client", "client_id") || at(own, "client2", "jwks") == nil || at(own, "browser") == nil {
		t.Errorf("override: %v", own)
	}
}

func TestPlansWhoseClientsRegisterThemselves(t *testing.T) {
	v := values()
	v.InitialAccessToken = "jdi_token"
	p, cfg := configured(t, "oidcc-basic-dynamic", v)
	if !p.RegistersClients() || p.UsesResource() || at(cfg, "client", "initial_access_token") != "jdi_token" || at(cfg, "client", "client_id") != nil {
		t.Errorf("client: %v", at(cfg, "client"))
	}
	if !find(t, "oidcc-dynamic").RotatesKeys("oidcc-server-rotate-keys") || p.RotatesKeys("oidcc-server") {
		t.Error("keys are rotated for the one module that asks for it")
	}
	oauth := find(t, "fapi2-security-pkjwt-dpop-oauth")
	if !oauth.UsesResource() || oauth.RegistersClients() {
		t.Error("access tokens without openid are for a resource of their own")
	}
}

func TestConfigurationNeedsEveryClient(t *testing.T) {
	p := find(t, "oidcc-basic")
	clients := registered(t, p, values())
	missing := slices.DeleteFunc(clients, func(r Registered) bool { return r.Role == "client2" })
	if _, err := p.Configuration(values(), missing); err == nil || !strings.Contains(err.Error(), "client2") {
		t.Errorf("got %v, want an error that names client2", err)
	}
}

// Filling must not write into the templates: the next plan would get the values of this one.
func TestFillingLeavesThePlanAlone(t *testing.T) {
	p := find(t, "fapi-ciba-poll")
	v := values()
	v.Issuer = "https://one.example"
	if _, err := p.Configuration(v, registered(t, p, v)); err != nil {
		t.Fatal(err)
	}
	second, err := p.Configuration(values(), registered(t, p, values()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(second)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "one.example") {
		t.Error("values of one call are in the next")
	}
	if approval, _ := second["automated_ciba_approval_url"].(string); !strings.HasSuffix(approval, "auth_req_id={auth_req_id}&action={action}") {
		t.Errorf("the suite's own placeholders must stay: %s", approval)
	}
}

func TestBrokenDataIsRefused(t *testing.T) {
	const (
		steps   = `{"callback": {"task": "arrive", "match": "{suite}/*"}}`
		clients = `{"base": {"metadata": {"client_name": "x"}}}`
		scripts = `{"s": [{"match": "*", "tasks": ["callback"]}]}`
		head    = `{"browser": "s", "modules": "m", "plans": [{"name": "p", "suite_plan": "q", "title": "t"`
	)
	cases := map[string]struct{ steps, scripts, modules, family, want string }{
		"unknown member":      {steps, scripts, `{}`, head + `, "varient": {}}]}`, "varient"},
		"no title":            {steps, scripts, `{}`, `{"browser": "s", "plans": [{"name": "p", "suite_plan": "q"}]}`, "title"},
		"unknown step":        {steps, `{"s": [{"match": "*", "tasks": ["calback"]}]}`, `{}`, head + `}]}`, "calback"},
		"unknown script":      {steps, scripts, `{"m": {"browser": "no"}}`, head + `}]}`, "m: script"},
		"unknown preparation": {steps, scripts, `{"m": {"before_start": "no"}}`, head + `}]}`, "before_start"},
		"unknown piece":       {steps, scripts, `{}`, head + `, "clients": {"client": ["client3"]}}]}`, "client3"},
		"unknown placeholder": {`{"callback": {"match": "{siute}/*"}}`, scripts, `{}`, head + `}]}`, "{siute}"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(fstest.MapFS{
				"data/steps.json":    {Data: []byte(c.steps)},
				"data/clients.json":  {Data: []byte(clients)},
				"data/scripts.json":  {Data: []byte(c.scripts)},
				"data/modules.json":  {Data: []byte(c.modules)},
				"data/family-p.json": {Data: []byte(c.family)},
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
