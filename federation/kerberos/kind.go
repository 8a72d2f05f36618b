package kerberos

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Replays is the ledger of what was used once.
type Replays interface {
	SpendOnce(ctx context.Context, r *storage.Replay) (bool, error)
}

// Deps is what connectors stand on.
type Deps struct {
	Tenant  storage.ID
	Replays Replays
	Now     func() time.Time
}

// Kind makes connectors of Kerberos realms.
type Kind struct{ d Deps }

// New returns the kind.
func New(d Deps) *Kind { return &Kind{d: d} }

const (
	kindName   = "kerberos"
	secretName = "keytab"
)

// Name implements federation.Kind.
func (*Kind) Name() string { return kindName }

// Secrets implements federation.Kind. A keytab is base64 there.
func (*Kind) Secrets() []string { return []string{secretName} }

// Audience implements federation.Kind: a keytab goes nowhere, and is for one service.
func (*Kind) Audience(config json.RawMessage) (string, error) {
	var c struct {
		Principal string `json:"principal"`
	}
	err := json.Unmarshal(config, &c)
	return c.Principal, err
}

// Make implements federation.Kind.
func (k *Kind) Make(s federation.Setup) (federation.Connector, error) {
	c, err := parseConfig(s.Config, s.Secrets)
	if err != nil {
		return nil, err
	}
	out := &connector{c: c, d: k.d}
	out.service, _ = parseService(c.Principal) // judged already
	if out.keys, err = out.service.keys(c.Keytab); err != nil {
		return nil, err
	}
	for _, n := range c.Networks {
		out.where.Networks = append(out.where.Networks, netip.MustParsePrefix(n)) // judged already
	}
	out.where.Agents = c.Agents
	return out, nil
}

// connector is one service of ours in one realm, and the realms whose people it lets in.
type connector struct {
	c       Config
	d       Deps
	service service
	keys    []serviceKey
	where   federation.Where
}

var _ federation.Negotiator = (*connector)(nil)

// Kind implements federation.Connector.
func (*connector) Kind() string { return kindName }

// Where implements federation.Negotiator.
func (c *connector) Where() federation.Where { return c.where }

// skew is how far clocks may be apart.
func (c *connector) skew() time.Duration { return time.Duration(c.c.Skew) * time.Second }
