package plans

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Client is one client that the provider must have before the plan runs.
type Client struct {
	// Role is the member of the suite's configuration that the client's credentials go to: client, client2, client_secret_post.
	Role string
	// Module is the one module that the client is for; empty: all others.
	Module string
	// Metadata is the registration in RFC 7591 names, with public keys only.
	Metadata json.RawMessage

	told        map[string]any // what the suite is told beside the credentials, private keys included
	certificate *certificate
	secrets     []string
}

// Registered is a client with what the provider gave it.
type Registered struct {
	Client
	ID     string
	Secret string
}

// Secrets are the strings of the client that must not be read by others: its secret and the private parts of its keys.
func (r Registered) Secrets() []string {
	return append(slices.Clone(r.secrets), r.Secret)
}

// describe tells the suite of the client.
func (r Registered) describe(configuration map[string]any) {
	own := merged(r.told, map[string]any{"client_id": r.ID})
	if r.Secret != "" {
		own["client_secret"] = r.Secret
	}
	configuration[r.Role] = own
	if r.certificate != nil {
		configuration[strings.Replace(r.Role, "client", "mtls", 1)] = map[string]any{"cert": r.certificate.pem, "key": r.certificate.keyPEM}
	}
}

// Clients returns the registrations that the plan needs, with keys and certificates made for this call.
func (p Plan) Clients(v Values) ([]Client, error) {
	var out []Client
	for _, name := range p.modulesWithClients() {
		for _, t := range p.clients {
			c, err := t.make(p, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.role, err)
			}
			c.Module = name
			out = append(out, c)
		}
	}
	return out, nil
}

// modulesWithClients has the empty name first, for the modules that share their clients.
func (p Plan) modulesWithClients() []string {
	out := []string{""}
	for name, m := range p.modules {
		if m.ownClients {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (t clientTemplate) make(p Plan, v Values) (Client, error) {
	f := p.filler(v, "{alg}", t.Key)
	metadata, _ := f.fill(t.Metadata).(map[string]any)
	c := Client{Role: t.role}
	c.told, _ = f.fill(t.Suite).(map[string]any)
	var public []any
	if t.Key != "" {
		k, err := newKey(t.Key, p.Alias()+"-"+t.role)
		if err != nil {
			return Client{}, err
		}
		public = append(public, k.public)
		c.told["jwks"] = map[string]any{"keys": []any{k.private}}
		c.secrets = k.secrets()
	}
	if t.Certificate != "" {
		cert, err := newCertificate(p.Alias() + "-" + t.role)
		if err != nil {
			return Client{}, err
		}
		c.certificate = cert
		c.secrets = append(c.secrets, cert.keyPEM)
		if t.Certificate == "registered" {
			public = append(public, cert.jwk)
		}
	}
	if public != nil {
		metadata["jwks"] = map[string]any{"keys": public}
	}
	raw, err := json.Marshal(metadata)
	if err != nil {
		return Client{}, fmt.Errorf("encode the registration: %w", err)
	}
	c.Metadata = raw
	return c, nil
}
