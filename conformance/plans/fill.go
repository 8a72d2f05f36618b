package plans

import (
	"encoding/json"
	"fmt"
	"maps"
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
	// Username and Password sign the one test person in. Both reach the suite, which logs what its browser types.
	Username string
	Password string
}

// Client is one client that the provider must have before the plan runs.
type Client struct {
	// Role is the member of the suite's configuration that the client's credentials go to: client, client2, client_secret_post.
	Role string
	// Metadata is the registration in RFC 7591 names.
	Metadata json.RawMessage
}

// Credentials are what the provider gave a created client.
type Credentials struct {
	ID     string
	Secret string
}

// Alias is the fixed part of the plan's redirect URIs. It is one per plan, so that no two plans share a client,
// and it makes the suite run one module of the plan at a time.
func (p Plan) Alias() string {
	return "jedan-" + p.Name
}

// Clients returns the registrations that the plan needs, in the order of the plan's file.
func (p Plan) Clients(v Values) ([]Client, error) {
	f := p.filler(v)
	out := make([]Client, 0, len(p.clients))
	for _, c := range p.clients {
		raw, err := json.Marshal(f.fill(c.metadata))
		if err != nil {
			return nil, fmt.Errorf("encode the registration of %s: %w", c.role, err)
		}
		out = append(out, Client{Role: c.role, Metadata: raw})
	}
	return out, nil
}

// Configuration returns the suite's configuration of the plan: where discovery is, the clients' credentials by role, and
// the browser's script, with the modules that see other pages as overrides.
func (p Plan) Configuration(v Values, clients map[string]Credentials) (map[string]any, error) {
	f := p.filler(v)
	out := map[string]any{
		"alias":       p.Alias(),
		"description": "Jedan-Auth: " + p.Title,
		"server":      map[string]any{"discoveryUrl": v.Issuer + "/.well-known/openid-configuration"},
		"browser":     f.scripts(p.browser),
		// Nothing here depends on how a page looks, and parsing style sheets costs the suite's browser a fifth of its time.
		"options": map[string]any{"browsercontrol_css_enable": false},
	}
	for _, c := range p.clients {
		got, ok := clients[c.role]
		if !ok {
			return nil, fmt.Errorf("plan %s needs the client %q", p.Name, c.role)
		}
		out[c.role] = map[string]any{"client_id": got.ID, "client_secret": got.Secret}
	}
	if len(p.overrides) == 0 {
		return out, nil
	}
	overrides := map[string]any{}
	for module, s := range p.overrides {
		overrides[module] = map[string]any{"browser": f.scripts(s)}
	}
	out["override"] = overrides
	return out, nil
}

// filler replaces placeholders in one pass, so that a value which happens to look like one is left alone.
type filler struct {
	replacer *strings.Replacer
}

func (p Plan) filler(v Values) filler {
	return filler{strings.NewReplacer(
		"{suite}", v.Suite, "{issuer}", v.Issuer, "{alias}", p.Alias(), "{username}", v.Username, "{password}", v.Password,
	)}
}

func (f filler) scripts(in []script) []any {
	out := make([]any, 0, len(in))
	for _, s := range in {
		tasks := make([]any, 0, len(s.tasks))
		for _, t := range s.tasks {
			tasks = append(tasks, f.fill(t))
		}
		out = append(out, map[string]any{"match": f.replacer.Replace(s.match), "tasks": tasks})
	}
	return out
}

// fill copies a JSON value with the placeholders of its strings replaced.
func (f filler) fill(in any) any {
	switch t := in.(type) {
	case string:
		return f.replacer.Replace(t)
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
	known := []string{"{suite}", "{issuer}", "{alias}", "{username}", "{password}"}
	all := []any{}
	for _, c := range p.clients {
		all = append(all, c.metadata)
	}
	for _, scripts := range append(slices.Collect(maps.Values(p.overrides)), p.browser) {
		for _, s := range scripts {
			all = append(all, s.match)
			for _, t := range s.tasks {
				all = append(all, t)
			}
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode plan %s: %w", p.Name, err)
	}
	for _, found := range regexp.MustCompile(`\{[a-z_]+\}`).FindAllString(string(raw), -1) {
		if !slices.Contains(known, found) {
			return fmt.Errorf("unknown placeholder %s", found)
		}
	}
	return nil
}
