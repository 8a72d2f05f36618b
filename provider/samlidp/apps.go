package samlidp

import (
	"context"
	"crypto/x509"
	"log/slog"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ClientPrefix begins what flows, policies and audit events call an application: saml:NAME. No client_id of an OAuth client that is registered over the
// network has a colon there.
const ClientPrefix = "saml:"

// App is an application that can be used. It is immutable and shared.
type App struct {
	Row      storage.SAMLApp
	Settings Settings

	releaser *releaser
	keys     []*x509.Certificate
	encrypts *x509.Certificate // nil: nothing is encrypted
}

// ID is what flows, policies and audit events call it.
func (a *App) ID() string { return ClientPrefix + a.Row.Name }

// client is the application as the rules about clients see it.
func (a *App) client() *core.Client {
	m := storage.ClientMetadata{ClientName: a.Row.Title}
	m.Allowed = a.Settings.Allowed
	return &core.Client{
		Client: &storage.Client{Tenant: a.Row.Tenant, ID: a.Row.ID, ClientID: a.ID(), Metadata: m},
		Sector: ClientPrefix + a.Row.EntityID, // of pairwise names
	}
}

// consumer is the default address for responses.
func (a *App) consumer() string {
	for _, acs := range a.Settings.ACS {
		if acs.Default {
			return acs.URL
		}
	}
	return a.Settings.ACS[0].URL
}

// registered says whether responses may go to an address; it is compared byte by byte.
func (a *App) registered(url string) bool {
	return slices.ContainsFunc(a.Settings.ACS, func(acs ACS) bool { return acs.URL == url })
}

func (a *App) byIndex(index int) (string, bool) {
	for _, acs := range a.Settings.ACS {
		if acs.Index == index {
			return acs.URL, true
		}
	}
	return "", false
}

// newApp makes what a row says.
func newApp(row *storage.SAMLApp) (*App, error) {
	s, err := parseSettings([]byte(row.Settings))
	if err != nil {
		return nil, err
	}
	s = s.withDefaults()
	if err := s.validate(); err != nil {
		return nil, err
	}
	a := &App{Row: *row, Settings: s}
	if a.releaser, err = newReleaser(s); err != nil {
		return nil, err
	}
	if a.keys, err = samlxml.Certificates(s.Certificates); err != nil || !s.Encrypt {
		return a, err
	}
	to, err := samlxml.Certificates([]string{s.EncryptionCert})
	if err == nil {
		a.encrypts = to[0]
	}
	return a, err
}

// Apps keeps applications ready as their rows stand.
type Apps struct {
	store  storage.SAMLAppReader
	tenant storage.ID
	log    *slog.Logger
	all    *cache.One[[]*App]
}

// NewApps returns the applications of a tenant.
func NewApps(store storage.SAMLAppReader, feed *cache.Feed, tenant storage.ID, log *slog.Logger) *Apps {
	a := &Apps{store: store, tenant: tenant, log: log}
	a.all = cache.NewOne(feed, a.load, func(c storage.Change) bool { return c.Kind == storage.ChangeSAMLApp })
	return a
}

const batch = 500

// load reads them all: enterprises have dozens of them. One that cannot be made costs its own people only, and the log says so.
func (a *Apps) load(ctx context.Context) ([]*App, error) {
	all := []*App{}
	for after := (storage.ID{}); ; {
		rows, err := a.store.SAMLApps(ctx, a.tenant, after, batch)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			after = rows[i].ID
			app, err := newApp(&rows[i])
			if err != nil {
				a.log.ErrorContext(ctx, "a SAML application cannot be used", slog.String("app", rows[i].Name), slog.Any("error", err))
				continue
			}
			all = append(all, app)
		}
		if len(rows) < batch {
			return all, nil
		}
	}
}

func (a *Apps) find(ctx context.Context, is func(*App) bool) (*App, error) {
	all, err := a.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], nil
	}
	return nil, errs.New(errs.NotFound, "There is no such application.")
}

// ByEntityID finds an application, be it switched off or not; errs.NotFound when there is none.
func (a *Apps) ByEntityID(ctx context.Context, id string) (*App, error) {
	return a.find(ctx, func(app *App) bool { return app.Row.EntityID == id })
}

// ByRow is the same by the row's id.
func (a *Apps) ByRow(ctx context.Context, id storage.ID) (*App, error) {
	return a.find(ctx, func(app *App) bool { return app.Row.ID == id })
}

// ByID is the same by saml:NAME.
func (a *Apps) ByID(ctx context.Context, id string) (*App, error) {
	name, ok := strings.CutPrefix(id, ClientPrefix)
	return a.find(ctx, func(app *App) bool { return ok && app.Row.Name == name })
}

// All lists those that can be used.
func (a *Apps) All(ctx context.Context) ([]*App, error) {
	all, err := a.all.Get(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(app *App) bool { return app.Row.Disabled }), err
}
