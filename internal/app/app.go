package app

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/groups"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/jobs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	keyfile "github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/mtls"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/risk/feeds"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// Options are what a process decides, not an operator.
type Options struct {
	Log *slog.Logger
	Now func() time.Time // nil: time.Now
	// Listeners are served instead of the configured addresses (tests, socket activation).
	Listeners []net.Listener
	// Asking are served instead of the addresses configured for clients with certificates.
	Asking []net.Listener
	// GenerateKey makes the private keys of the key set; nil: new ones. See keys.SetDeps.
	GenerateKey func(alg string, rsaBits int) (crypto.Signer, error)
}

// App is the open parts that the server and every command share.
type App struct {
	Config     Config
	Log        *slog.Logger
	Now        func() time.Time
	DB         *gormdb.DB
	Feed       *cache.Feed
	Tenant     storage.ID
	Ring       *keys.Ring
	Keys       *keys.Set
	Audit      *audit.Recorder
	Attributes *attributes.Set
	Vocabulary *core.Vocabulary // standard scopes and claims, and those of attributes
	Directory  *directory.Directory
	Groups     *groups.Groups
	Hasher     *password.Hasher
	Policy     password.Policy
	Registrar  *register.Registrar
	Fetch      *fetch.Client
	Notify     *notify.Notifier
	Upstreams  *federation.Registry
	Connectors *federation.Manager
	SAMLApps   *samlidp.Apps
	SAMLKeys   *samlidp.Keys
	SAML       *samlidp.Manager
	Syncs      *federation.Syncs
	announcer  *announcer
	Feeds      *feeds.Feeds
	recover    func(ctx context.Context) error // moves recoveries on; nil: no server runs

	feedMeter feedMeter

	listeners []net.Listener
	askers    []net.Listener
	mtls      mtls.Config

	generateKey func(alg string, rsaBits int) (crypto.Signer, error)
}

// defaultTenant is the name of the one tenant that exists for now.
const defaultTenant = "default"

// Open makes what is missing (data folder, master key, schema, tenant, keys) and opens everything. Several processes may do so at once; a half-made
// start is finished by the next. Close what it returns.
func Open(ctx context.Context, c Config, o Options) (*App, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := c.Settle(func(string) bool { return false }); err != nil {
		return nil, err
	}
	a := &App{Config: c, Log: o.Log, Now: o.Now, Feed: cache.NewFeed(o.Now, o.Log), listeners: o.Listeners, askers: o.Asking, generateKey: o.GenerateKey}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"data folder", a.makeFolder}, {"database", a.openDatabase}, {"keys", a.openKeys}, {"people", a.openPeople}, {"outbound", a.openFetch}, {"connectors", a.openConnectors}, {"SAML applications", a.openSAML}, {"feeds", a.openFeeds},
		{"registrar", a.openRegistrar}, {"messages", a.openNotify}, {"notices", a.openNotices},
	} {
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.name, err), a.Close())
		}
	}
	return a, nil
}

// Close waits for running writes and closes the database.
func (a *App) Close() error {
	if a.DB == nil {
		return nil
	}
	if a.Feeds != nil {
		return errors.Join(a.Feeds.Close(), a.DB.Close())
	}
	return a.DB.Close()
}

func (a *App) makeFolder(context.Context) error { return os.MkdirAll(a.Config.Data, 0o700) }

func (a *App) openDatabase(ctx context.Context) (err error) {
	a.DB, err = gormdb.Open(ctx, gormdb.Config{DSN: a.Config.dsn(), DataDir: a.Config.Data, Now: a.Now, OnCommit: a.Feed.Publish, Farewell: a.farewell})
	if err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, a.DB.SQL(), a.DB.Dialect(), a.Config.Data); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, a.DB.SQL(), string(a.DB.Dialect()), true); err != nil {
		return err
	}
	tenant, err := a.DB.EnsureTenant(ctx, &storage.Tenant{ID: storage.NewID(a.Now()), Name: defaultTenant, CreatedAt: a.Now()})
	if err == nil {
		a.Tenant = tenant.ID
	}
	return err
}

func (a *App) openKeys(ctx context.Context) error {
	master, err := a.master()
	if err != nil {
		return err
	}
	if a.Ring, err = keys.OpenRing(ctx, a.DB, master, a.Tenant, a.Now); err != nil {
		return err
	}
	a.Audit = audit.New(audit.Deps{Ring: a.Ring, Now: a.Now, Origin: origin})
	a.Keys, err = keys.OpenSet(ctx, keys.SetDeps{Store: a.DB, Ring: a.Ring, Tenant: a.Tenant, Now: a.Now, Audit: a.Audit, Generate: a.generateKey}, a.Config.Keys.set(a.Config.Tokens))
	return err
}

// origin takes a request's address and id from the edge.
func origin(ctx context.Context) audit.Origin {
	ip, agent := httpx.ContextClient(ctx)
	return audit.Origin{RequestID: httpx.ContextRequestID(ctx), IP: ip, Device: agent}
}

func (a *App) master() (*keyfile.Master, error) {
	if a.Config.MasterKey != "" {
		return keyfile.Parse([]byte(a.Config.MasterKey.Reveal()))
	}
	m, made, err := keyfile.Ensure(filepath.Join(a.Config.Data, "master.key"))
	if made {
		a.Log.Info("made a master key; keep a copy of it apart from the database", "path", filepath.Join(a.Config.Data, "master.key"))
	}
	return m, err
}

func (a *App) openPeople(context.Context) (err error) {
	if a.Attributes, err = attributes.New(a.Config.Attributes); err != nil {
		return err
	}
	a.Vocabulary = core.NewVocabulary(a.Attributes.Scopes())
	a.Directory = directory.New(directory.Deps{People: a.DB, Writer: a.DB, Tx: a.DB, Ring: a.Ring, Audit: a.Audit, Now: a.Now, Attributes: a.Attributes})
	a.Groups = groups.New(groups.Deps{Tenant: a.Tenant, Store: a.DB, Audit: a.Audit, Feed: a.Feed, Now: a.Now})
	a.Policy = password.Policy{MinLength: a.Config.Passwords.MinLength}
	hashing := a.Config.Passwords.config()
	hashing.Log = a.Log
	a.Hasher, err = password.New(hashing)
	return err
}

func (a *App) openFetch(context.Context) (err error) {
	a.Fetch, err = fetch.New(a.Config.Outbound, fetch.Deps{Now: a.Now})
	return err
}

func (a *App) openRegistrar(context.Context) (err error) {
	if a.mtls, err = a.Config.MTLS.load(); err != nil {
		return err
	}
	a.Registrar = register.New(register.Deps{
		Store: a.DB, Ring: a.Ring, Audit: a.Audit, Hasher: a.Hasher, Tenant: a.Tenant, Issuer: a.Config.Issuer,
		DetailTypes: a.Config.Tokens.DetailTypes(), Issuers: a.Config.Tokens.IssuerNames(), Algorithms: a.Config.Keys.Algorithms, Profiles: a.Config.profiles(), Vocabulary: a.Vocabulary, Classes: a.Config.classes(), Certificates: mtls.New(a.mtls, mtls.Deps{Now: a.Now}),
		Fetch: a.Fetch, Now: a.Now,
	})
	return nil
}
