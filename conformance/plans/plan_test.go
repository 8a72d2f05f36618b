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

func credentials() map[string]Credentials {
	out := map[string]Credentials{}
	for _, role := range []string{"client", "client2", "client_secret_post"} {
		out[role] = Credentials{ID: role + "-id", Secret: role + "-secret"}
	}
	return out
}

func TestAllHasThePlansOfTheIssue(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
		if p.SuitePlan != p.Name+"-certification-test-plan" {
			t.Errorf("%s: the suite's name is %q", p.Name, p.SuitePlan)
		}
	}
	want := []string{"oidcc-basic", "oidcc-config", "oidcc-formpost-basic", "oidcc-hybrid", "oidcc-implicit", "oidcc-rp-initiated-logout"}
	if !slices.Equal(names, want) {
		t.Errorf("plans: got %v, want %v", names, want)
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

func TestClientsAreFilled(t *testing.T) {
	p, err := Find("oidcc-rp-initiated-logout")
	if err != nil {
		t.Fatal(err)
	}
	clients, err := p.Clients(values())
	if err != nil {
		t.Fatal(err)
	}
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
	p, err := Find("oidcc-basic")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := p.Configuration(values(), credentials())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Alias  string
		Server struct{ DiscoveryURL string }
		Post   struct {
			ID string `json:"client_id"`
		} `json:"client_secret_post"`
		Browser []struct {
			Match string
			Tasks []struct {
				Task     string
				Commands [][]any
			}
		}
		Override map[string]json.RawMessage
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Alias != "jedan-oidcc-basic" || got.Post.ID != "client_secret_post-id" ||
		got.Server.DiscoveryURL != "https://localhost:9443/.well-known/openid-configuration" {
		t.Errorf("configuration: %s", raw)
	}
	if len(got.Browser) != 1 || got.Browser[0].Match != "https://localhost:9443/oauth2/authorize*" || len(got.Browser[0].Tasks) != 4 {
		t.Fatalf("browser: %+v", got.Browser)
	}
	password := got.Browser[0].Tasks[0].Commands[1][3]
	if password != `pa"ss{issuer}` {
		t.Errorf("a password that looks like a placeholder was changed: %v", password)
	}
	if _, ok := got.Override["oidcc-ensure-registered-redirect-uri"]; !ok {
		t.Error("no script for the module that ends on an error page: it would hang")
	}
}

func TestConfigurationNeedsEveryClient(t *testing.T) {
	p, err := Find("oidcc-basic")
	if err != nil {
		t.Fatal(err)
	}
	missing := credentials()
	delete(missing, "client2")
	if _, err := p.Configuration(values(), missing); err == nil || !strings.Contains(err.Error(), "client2") {
		t.Errorf("got %v, want an error that names client2", err)
	}
}

// Filling must not write into the templates: the next plan would get the values of this one.
func TestFillingLeavesThePlanAlone(t *testing.T) {
	p, err := Find("oidcc-basic")
	if err != nil {
		t.Fatal(err)
	}
	first := values()
	first.Issuer = "https://one.example"
	if _, err := p.Configuration(first, credentials()); err != nil {
		t.Fatal(err)
	}
	second, err := p.Configuration(values(), credentials())
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
}

func TestBrokenDataIsRefused(t *testing.T) {
	const steps = `{"callback": {"task": "arrive", "match": "{suite}/*"}}`
	const clients = `{"client": {"client_name": "x"}}`
	cases := map[string]struct{ steps, plan, want string }{
		"unknown member":      {steps, `{"name": "p", "varient": {}}`, "varient"},
		"unknown step":        {steps, `{"name": "p", "browser": [{"match": "*", "tasks": ["calback"]}]}`, "calback"},
		"step of an override": {steps, `{"name": "p", "overrides": {"m": [{"match": "*", "tasks": ["no"]}]}}`, "m: step"},
		"unknown client":      {steps, `{"name": "p", "clients": ["client3"]}`, "client3"},
		"unknown placeholder": {`{"callback": {"match": "{siute}/*"}}`, `{"name": "p", "browser": [{"match": "*", "tasks": ["callback"]}]}`, "{siute}"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(fstest.MapFS{
				"data/steps.json":   {Data: []byte(c.steps)},
				"data/clients.json": {Data: []byte(clients)},
				"data/plan-p.json":  {Data: []byte(c.plan)},
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
