package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// Asker is the one outbound client (internal/fetch).
type Asker interface {
	Document(ctx context.Context, r fetch.DocumentRequest) (*fetch.Document, error)
	Do(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Outbound is the same client, and makes one for a provider with an authority or a certificate of its own.
type Outbound interface {
	Asker
	With(o fetch.Own) (*fetch.Client, error)
}

// Kind makes connectors of upstream OpenID providers.
type Kind struct {
	ask Outbound
	now func() time.Time
}

// New returns the kind.
func New(ask Outbound, now func() time.Time) *Kind { return &Kind{ask: ask, now: now} }

// Name implements federation.Kind.
func (*Kind) Name() string { return "oidc" }

// Secrets implements federation.Kind.
func (*Kind) Secrets() []string {
	return append([]string{"client_secret", "private_key"}, ownSecrets()...)
}

// Audience implements federation.Kind: the secret is for one issuer.
func (*Kind) Audience(config json.RawMessage) (string, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return "", err
	}
	return strings.Join([]string{c.Template, c.Issuer, c.Authority, c.Tenant, c.TeamID, c.ClientID}, "\n"), nil
}

// Make implements federation.Kind.
func (k *Kind) Make(s federation.Setup) (federation.Connector, error) {
	c, err := parseConfig(s.Config, s.Secrets)
	if err != nil {
		return nil, err
	}
	made := &connector{c: c, ask: k.ask, proven: k.ask, now: k.now}
	if c.CA != "" {
		if made.ask, err = k.ask.With(fetch.Own{Roots: []byte(c.CA)}); err != nil {
			return nil, errs.Wrap(errs.Invalid, "ca is the text of certificates in PEM.", err)
		}
		made.proven = made.ask
	}
	if c.keys.tls != nil {
		if made.proven, err = k.ask.With(fetch.Own{Roots: []byte(c.CA), Certificate: c.keys.tls}); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// connector is one upstream.
type connector struct {
	c      Config
	ask    Asker // what is public there
	proven Asker // what wants to know who we are
	now    func() time.Time
	minted minter
	nonces nonces
}

var _ federation.Redirector = (*connector)(nil)

// Kind implements federation.Connector.
func (*connector) Kind() string { return "oidc" }

func (c *connector) skew() time.Duration { return time.Duration(c.c.SkewSeconds) * time.Second }

const jsonType = "application/json"

func accept() http.Header { return http.Header{"Accept": {jsonType}} }
