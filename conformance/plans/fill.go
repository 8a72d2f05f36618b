package plans

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Values fill the placeholders of a plan.
type Values struct {
	// Suite is the running suite's base URL, such as https://localhost:8443, without a slash at its end.
	Suite string
	// Issuer is the provider's issuer identifier.
	Issuer string
	// UserInfo is the address of the UserInfo endpoint.
	UserInfo string
	// MTLSUserInfo is its address for clients with a certificate (RFC 8705 section 5).
	MTLSUserInfo string
	// Resource is the address of a protected resource for plans whose UsesResource is true.
	Resource string
	// InitialAccessToken lets the suite register clients (RFC 7591 section 3), for plans whose RegistersClients is true.
	InitialAccessToken string
	// Username and Password sign the one test person in. Both reach the suite, which logs what its browser types.
	Username string
	Password string
}

// Resource identifies the protected resource of the plans without openid (RFC 8707); where it is reached is Values.Resource.
const Resource = "https://resource.conformance.example"

// Alias is the fixed part of the plan's redirect URIs. It is one per plan, so that no two plans share a client,
// and it makes the suite run one module of the plan at a time.
func (p Plan) Alias() string {
	return "jedan-" + p.Name
}

// Configuration returns the suite's configuration of the plan: where discovery is, the clients' credentials by role, and
// the browser's script, with the modules that need something of their own as overrides.
func (p Plan) Configuration(v Values, clients []Registered) (map[string]any, error) {
	f := p.filler(v)
	out := map[string]any{
		"alias":       p.Alias(),
		"description": "Jedan-Auth: " + p.Title,
		"server":      map[string]any{"discoveryUrl": v.Issuer + "/.well-known/openid-configuration"},
		"browser":     f.scripts(p.browser),
		// Nothing here depends on how a page looks, and parsing style sheets costs the suite's browser a fifth of its time.
		"options": map[string]any{"browsercontrol_css_enable": false},
	}
	for key, value := range p.config {
		out[key] = f.fill(value)
	}
	overrides := map[string]any{}
	for _, name := range p.scriptedModules() {
		overrides[name] = map[string]any{"browser": f.scripts(p.modules[name].browser)}
	}
	for _, c := range clients {
		c.describe(configurationOf(out, overrides, c.Module))
	}
	if len(overrides) > 0 {
		out["override"] = overrides
	}
	return out, p.missing(clients)
}

// configurationOf is where a client's credentials belong.
func configurationOf(plan, overrides map[string]any, module string) map[string]any {
	if module == "" {
		return plan
	}
	own, ok := overrides[module].(map[string]any)
	if !ok {
		own = map[string]any{}
		overrides[module] = own
	}
	return own
}

func (p Plan) missing(clients []Registered) error {
	for _, c := range p.clients {
		if !slices.ContainsFunc(clients, func(r Registered) bool { return r.Module == "" && r.Role == c.role }) {
			return fmt.Errorf("plan %s needs the client %q", p.Name, c.role)
		}
	}
	return nil
}

// filler rewrites the strings of JSON values.
type filler struct {
	replace func(string) string
}

// filler replaces placeholders in one pass, so that a value which happens to look like one is left alone.
func (p Plan) filler(v Values, more ...string) filler {
	return filler{strings.NewReplacer(append([]string{
		"{suite}", v.Suite, "{issuer}", v.Issuer, "{alias}", p.Alias(), "{username}", v.Username, "{password}", v.Password,
		"{userinfo}", v.UserInfo, "{mtls_userinfo}", v.MTLSUserInfo, "{resource}", v.Resource, "{resource_identifier}", Resource, "{initial_access_token}", v.InitialAccessToken,
	}, more...)...).Replace}
}

func (f filler) scripts(in []script) []any {
	out := make([]any, 0, len(in))
	for _, s := range in {
		tasks := make([]any, 0, len(s.tasks))
		for _, t := range s.tasks {
			tasks = append(tasks, f.fill(t))
		}
		entry := map[string]any{"match": f.replace(s.match), "tasks": tasks}
		if s.limit > 0 {
			entry["match-limit"] = s.limit
		}
		out = append(out, entry)
	}
	return out
}

// fill copies a JSON value with its strings rewritten.
func (f filler) fill(in any) any {
	switch t := in.(type) {
	case string:
		return f.replace(t)
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = f.fill(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(t))
		for k, e := range t {
			out[k] = f.fill(e)
		}
		return out
	default:
		return in
	}
}

// checkPlaceholders refuses a misspelt placeholder, which would otherwise reach the suite as text.
func (p Plan) checkPlaceholders() error {
	all := []any{p.config}
	for _, c := range p.clients {
		all = append(all, c.Metadata, c.Suite)
	}
	scripts := slices.Clone(p.browser)
	for _, m := range p.modules {
		scripts = append(scripts, m.browser...)
	}
	for _, s := range scripts {
		all = append(all, s.match)
		for _, t := range s.tasks {
			all = append(all, t)
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode plan %s: %w", p.Name, err)
	}
	for _, found := range regexp.MustCompile(`\{[a-z_]+\}`).FindAllString(string(raw), -1) {
		if !slices.Contains(placeholders(), found) {
			return fmt.Errorf("unknown placeholder %s", found)
		}
	}
	return nil
}

// placeholders are ours and, the last two, the suite's own.
func placeholders() []string {
	return []string{
		"{suite}", "{issuer}", "{alias}", "{username}", "{password}", "{userinfo}", "{mtls_userinfo}", "{resource}", "{resource_identifier}", "{initial_access_token}", "{alg}",
		"{auth_req_id}", "{action}",
	}
}
