package federation

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Kind makes connectors of one protocol. internal/app lists the kinds.
type Kind interface {
	// Name is what rows call it.
	Name() string
	// Secrets are the members of its config that are kept sealed.
	Secrets() []string
	// Make refuses, as errs.Invalid, a config that cannot work. It asks nobody.
	Make(s Setup) (Connector, error)
	// Audience is where a config's secrets go: when it changes, the old ones are forgotten.
	Audience(config json.RawMessage) (string, error)
}

// Preparer is a kind whose connectors have secrets of ours, which are made when they are not given.
type Preparer interface {
	Kind
	// Prepare adds what is missing.
	Prepare(name string, secrets map[string]string) error
}

// Keyed is a kind some of whose secrets are ours, beside those that the upstream gave us: they stay while the others change, and are made as the config asks.
type Keyed interface {
	Kind
	// Own are those of Secrets that are ours.
	Own() []string
	// MakeOwn adds what is missing.
	MakeOwn(config json.RawMessage, secrets map[string]string) error
}

// Setup is what a connector is made of.
type Setup struct {
	Name    string // of the row
	Config  json.RawMessage
	Secrets map[string]string
}

// Opener opens a sealed column (internal/keys.Ring).
type Opener interface {
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Ready is a connector that can be used, with its row.
type Ready struct {
	Row      storage.Connector
	Settings Settings
	Connector
	mapper *mapper
}

// Registry keeps connectors ready as their rows stand.
type Registry struct {
	kinds  []Kind
	ring   Opener
	log    *slog.Logger
	store  storage.ConnectorReader
	tenant storage.ID
	all    *cache.One[[]*Ready]
	near   atomic.Pointer[[]netip.Prefix] // the networks of Negotiators, as they were read last
}

// NewRegistry returns the connectors of a tenant.
func NewRegistry(store storage.ConnectorReader, feed *cache.Feed, ring Opener, tenant storage.ID, log *slog.Logger, kinds ...Kind) *Registry {
	r := &Registry{kinds: kinds, ring: ring, log: log, store: store, tenant: tenant}
	r.all = cache.NewOne(feed, r.load, func(c storage.Change) bool { return c.Kind == storage.ChangeConnector })
	return r
}

const batch = 500

func (r *Registry) load(ctx context.Context) ([]*Ready, error) {
	all := []*Ready{}
	for after := (storage.ID{}); ; {
		rows, err := r.store.Connectors(ctx, r.tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			after = rows[i].ID
			if ready := r.ready(ctx, &rows[i]); ready != nil {
				all = append(all, ready)
			}
		}
		if len(rows) < batch {
			r.remember(all)
			return all, nil
		}
	}
}

// ready is nil for a connector that is switched off, or cannot be made: it costs its own people only, and the log says so.
func (r *Registry) ready(ctx context.Context, row *storage.Connector) *Ready {
	if row.Disabled {
		return nil
	}
	made, err := r.Make(row)
	if err != nil {
		r.log.ErrorContext(ctx, "a connector cannot be used", slog.String("connector", row.Name), slog.Any("error", err))
		return nil
	}
	return made
}

// Make makes a row's connector.
func (r *Registry) Make(row *storage.Connector) (*Ready, error) {
	kind, err := r.kind(row.Kind)
	if err != nil {
		return nil, err
	}
	s, err := parseSettings([]byte(row.Settings))
	if err != nil {
		return nil, err
	}
	secrets, err := r.secrets(row)
	if err != nil {
		return nil, err
	}
	m, err := newMapper(s)
	if err != nil {
		return nil, err
	}
	c, err := kind.Make(Setup{Name: row.Name, Config: s.Config, Secrets: secrets})
	if err != nil {
		return nil, err
	}
	return &Ready{Row: *row, Settings: s, Connector: c, mapper: m}, nil
}

func (r *Registry) kind(name string) (Kind, error) {
	for _, k := range r.kinds {
		if k.Name() == name {
			return k, nil
		}
	}
	return nil, errs.New(errs.Invalid, "There is no such kind of connector.")
}

func (r *Registry) secrets(row *storage.Connector) (map[string]string, error) {
	if row.Secrets.IsZero() {
		return map[string]string{}, nil
	}
	plain, err := r.ring.Open(secretsAt(row), row.Secrets)
	if err != nil {
		return nil, err
	}
	var out map[string]string
	return out, json.Unmarshal(plain, &out)
}

func secretsAt(row *storage.Connector) seal.Location {
	return seal.Location{Table: "connectors", Column: "secrets", Tenant: row.Tenant, Row: row.ID}
}

// ByName finds a connector that can be used; errs.NotFound when there is none.
func (r *Registry) ByName(ctx context.Context, name string) (*Ready, error) {
	all, err := r.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(c *Ready) bool { return c.Row.Name == name }); i >= 0 {
		return all[i], nil
	}
	return nil, errs.New(errs.NotFound, "There is no such way to sign in.")
}

// ByID finds a connector by its row. One that is switched off is errs.Forbidden, one that is not there errs.NotFound, and one that cannot be made
// errs.Unavailable.
func (r *Registry) ByID(ctx context.Context, id storage.ID) (*Ready, error) {
	all, err := r.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(c *Ready) bool { return c.Row.ID == id }); i >= 0 {
		return all[i], nil
	}
	row, err := r.store.ConnectorByID(ctx, r.tenant, id)
	switch {
	case err != nil:
		return nil, err
	case row.Disabled:
		return nil, errs.New(errs.Forbidden, "This connector is switched off.")
	}
	return nil, errs.New(errs.Unavailable, "This connector cannot be used as it is.")
}

// For lists those that the sign-in page shows for an application, oldest first; clientID is empty for our own pages.
func (r *Registry) For(ctx context.Context, clientID string) ([]*Ready, error) {
	all, err := r.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	var out []*Ready
	for _, c := range all {
		if _, redirects := c.Connector.(Redirector); redirects && !c.Settings.Hidden && c.Settings.Serves(clientID) {
			out = append(out, c)
		}
	}
	return out, nil
}
