package samlsp

import (
	"context"
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// kindName is the plug-in's name.
const kindName = "saml"

// Fetcher gets documents of other servers; errs.Unavailable when it cannot.
type Fetcher interface {
	Document(ctx context.Context, url string) ([]byte, error)
}

// Keeper keeps the last good metadata, so that a restart while the identity provider is away locks nobody out; errs.NotFound when there is none of that address.
type Keeper interface {
	Keep(ctx context.Context, name, url string, body []byte, until time.Time) error
	Kept(ctx context.Context, name, url string) ([]byte, error)
}

// Resolver sends a message straight to another server (SOAP over https) and returns what it answers; errs.Unavailable when it cannot.
type Resolver interface {
	Post(ctx context.Context, url, contentType string, body []byte) ([]byte, error)
}

// Replays is the ledger of what was used once.
type Replays interface {
	SpendOnce(ctx context.Context, r *storage.Replay) (bool, error)
}

// Failures counts assertions that could not be decrypted.
type Failures interface {
	DecryptionFailed(ctx context.Context)
}

// Deps is what a connector uses.
type Deps struct {
	Issuer   string // our address, https://…
	Name     string // the connector's, as it stands in addresses
	Tenant   storage.ID
	Keys     Keys
	Fetcher  Fetcher  // needed for metadata by URL
	Keeper   Keeper   // nil: nothing is kept
	Resolver Resolver // needed for the artifact binding
	Replays  Replays
	Failures Failures
	Now      func() time.Time
}

// Connector is one identity provider.
type Connector struct {
	config Config
	deps   Deps
	trust  *trust
}

var (
	_ federation.Redirector = (*Connector)(nil)
	_ federation.Publisher  = (*Connector)(nil)
)

// New makes a connector. Metadata that is given as text is judged at once.
func New(ctx context.Context, c Config, d Deps) (*Connector, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Keys == nil || d.Replays == nil || d.Failures == nil || d.Now == nil || c.IDPMetadataURL != "" && d.Fetcher == nil || c.Artifacts && d.Resolver == nil {
		return nil, errors.New("samlsp: a part is missing")
	}
	c = c.withDefaults(d.Issuer, d.Name)
	t, err := newTrust(ctx, c, d)
	if err != nil {
		return nil, err
	}
	return &Connector{config: c, deps: d, trust: t}, nil
}

// Kind is saml.
func (c *Connector) Kind() string { return kindName }

// Config is the connector's, with its defaults filled in.
func (c *Connector) Config() Config { return c.config }

// Expires is when sign-ins will begin to fail unless somebody acts: metadata that is not fetched ends, or no key of the identity provider, or none of
// ours, counts any more. Zero: nobody knows, as there is no metadata yet.
func (c *Connector) Expires(ctx context.Context) (time.Time, error) {
	known, err := c.trust.known(ctx)
	if errs.Is(err, errs.Unavailable) {
		return time.Time{}, nil
	}
	pairs, err2 := c.deps.Keys.Pairs(ctx)
	if err := errors.Join(err, err2); err != nil {
		return time.Time{}, err
	}
	ends := pairs.Current.Certificate.NotAfter
	last := time.Time{}
	for _, key := range known.keys {
		if key.NotAfter.After(last) {
			last = key.NotAfter
		}
	}
	if last.Before(ends) {
		ends = last
	}
	if c.config.IDPMetadataURL == "" && !known.validUntil.IsZero() && known.validUntil.Before(ends) {
		ends = known.validUntil
	}
	return ends, nil
}
