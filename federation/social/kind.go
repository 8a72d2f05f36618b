package social

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

const kindName = "oauth2"

// Asker is the one outbound client (internal/fetch).
type Asker interface {
	Do(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Kind makes connectors of OAuth 2 services.
type Kind struct {
	ask Asker
	now func() time.Time
}

// New returns the kind.
func New(ask Asker, now func() time.Time) *Kind { return &Kind{ask: ask, now: now} }

// Name implements federation.Kind.
func (*Kind) Name() string { return kindName }

// Secrets implements federation.Kind.
func (*Kind) Secrets() []string { return []string{"client_secret"} }

// Audience implements federation.Kind: the secret goes to the token endpoint, and what it buys to the user endpoint.
func (*Kind) Audience(config json.RawMessage) (string, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return "", err
	}
	return strings.Join([]string{c.Template, c.Host, c.Token, c.Userinfo, c.ClientID}, "\n"), nil
}

// Make implements federation.Kind.
func (k *Kind) Make(s federation.Setup) (federation.Connector, error) {
	c, err := parseConfig(s.Config, s.Secrets)
	if err != nil {
		return nil, err
	}
	return &connector{c: c, ask: k.ask, now: k.now}, nil
}

// connector is one service.
type connector struct {
	c   Config
	ask Asker
	now func() time.Time
}

var _ federation.Redirector = (*connector)(nil)

// Kind implements federation.Connector.
func (*connector) Kind() string { return kindName }

const jsonType = "application/json"

func accept() http.Header { return http.Header{"Accept": {jsonType}} }
