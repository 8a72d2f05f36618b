package provider

import (
	"context"
	"log/slog"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/authorize"
	"github.com/jedan-auth/jedan-auth/provider/checksession"
	"github.com/jedan-auth/jedan-auth/provider/ciba"
	"github.com/jedan-auth/jedan-auth/provider/clientcreds"
	"github.com/jedan-auth/jedan-auth/provider/code"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/device"
	"github.com/jedan-auth/jedan-auth/provider/discovery"
	"github.com/jedan-auth/jedan-auth/provider/exchange"
	"github.com/jedan-auth/jedan-auth/provider/forwardauth"
	"github.com/jedan-auth/jedan-auth/provider/introspect"
	"github.com/jedan-auth/jedan-auth/provider/jar"
	"github.com/jedan-auth/jedan-auth/provider/jwtbearer"
	"github.com/jedan-auth/jedan-auth/provider/logout"
	"github.com/jedan-auth/jedan-auth/provider/mtls"
	"github.com/jedan-auth/jedan-auth/provider/par"
	"github.com/jedan-auth/jedan-auth/provider/refresh"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/provider/revoke"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/provider/token"
	"github.com/jedan-auth/jedan-auth/provider/userinfo"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Config is the provider's configuration.
type Config = core.Config

// Store is what the provider reads and changes.
type Store interface {
	storage.ClientReader
	storage.ClientWriter
	storage.ResourceReader
	storage.GrantReader
	storage.GrantWriter
	storage.GrantCounters
	storage.PersonReader
	storage.Denials
	storage.Replays
	storage.AuditWriter
	par.Store
	storage.PendingReader
	storage.PendingWriter
	storage.PendingSpender
	storage.PendingLister
	logout.Participants
	samlidp.Store
}

// Ring holds the symmetric keys.
type Ring interface {
	core.Ring
	core.Vault
	core.SubjectRing
	device.Ring
	forwardauth.Vault
	samlidp.Ring
}

// Keys are the signing keys.
type Keys interface {
	core.Signer
	discovery.Keys
	jar.Decrypter
	EncryptionAlgorithms() []string
}

// Directory opens claims and finds people by their address.
type Directory interface {
	core.Directory
	core.EmailFinder
	ciba.People
}

// Pages renders what people see.
type Pages interface {
	authorize.Pages
	logout.Pages
	checksession.Pages
	device.Pages
	samlidp.Pages
}

// Sessions finds and ends sessions.
type Sessions interface {
	authorize.Sessions
	logout.Sessions
	device.Sessions
	samlidp.Sessions
}

// Meter counts (telemetry.Metrics).
type Meter interface {
	token.Meter
	AuthRequest(kind, outcome string)
	SecurityEvent(eventType, severity string)
}

// Deps are what the provider uses of the rest.
type Deps struct {
	Tenant     storage.ID
	Issuer     string // without a trailing slash
	Base       string // path of the issuer, "" or "/x"
	Store      Store
	Ring       Ring
	Keys       Keys
	Audit      core.Auditor
	Slow       core.SlowVerifier
	Directory  Directory
	Groups     core.Memberships
	Fetch      core.Outbound // what clients publish
	Registrar  *register.Registrar
	Register   register.Config // who may register over the network
	Profiles   profiles.Server
	Vocabulary *core.Vocabulary // what this deployment adds to the standard scopes and claims; nil: nothing
	Feed       *cache.Feed
	Flows      *flow.Flows
	Sessions   Sessions
	Watched    checksession.Browsers // nil: there is no session management
	Classes    []string              // of sign-ins that this installation reaches beside the usual ones
	StepUp     authorize.StepUp
	Required   authorize.Required
	Rules      core.Decider      // nil: none
	Refreshes  refresh.Watch     // nil: nobody watches
	Tokens     exchange.Upstream // of other services; nil: there are none
	Upstream   refresh.Upstream  // nil: nobody is signed in on another's word
	Silent     authorize.Silent  // nil: who is not signed in here is nobody
	Elsewhere  logout.Elsewhere  // where else browsers go when somebody has signed out, after the SAML applications; nil: nowhere
	Consents   authorize.Consents
	Forms      logout.Forms
	Words      device.Words
	Failures   device.Failures
	Pages      Pages
	Log        *slog.Logger
	Meter      Meter
	Now        func() time.Time
	MTLS       mtls.Config
	Signup     bool // people may make an account (prompt=create)

	Limits core.ClientLimits // nil: there are none

	SAMLApps *samlidp.Apps
	SAMLKeys *samlidp.Keys
}

// mounter is an endpoint.
type mounter interface{ Mount(httpx.Router) }

// Module is the provider.
type Module struct {
	endpoints []mounter
	tiles     *core.Tiles
	authorize *authorize.Endpoint
	clients   *core.Clients
	live      *core.Live
	counter   *core.Counter
	ciba      *ciba.Endpoint
	saml      *samlidp.Endpoint
	logout    *logout.Endpoint
	now       func() time.Time
	details   core.Details
}

// New makes the provider.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b, err := newBuild(c, d)
	if err != nil {
		return nil, err
	}
	meta, err := discovery.New(d.Issuer, d.Keys, b.features())
	if err != nil {
		return nil, err
	}
	m := &Module{authorize: b.authorize(), clients: b.clients, live: b.live, counter: b.counter, now: d.Now, details: b.details, tiles: core.NewTiles(d.Issuer, b.clients, b.live, d.Store, d.Feed, d.Tenant)}
	b.par.Judge(m.authorize)
	refreshing := b.refresh()
	devices, err := b.device()
	if err != nil {
		return nil, err
	}
	if m.ciba, err = b.ciba(); err != nil {
		return nil, err
	}
	codes := b.code()
	grants := []core.GrantType{
		codes, refreshing, b.clientcreds(),
		b.deviceGrant(), b.cibaGrant(), b.exchange(),
	}
	grants = append(grants, b.assertions()...)
	m.saml = b.saml()
	m.logout = b.logout(m.saml, b.d.Elsewhere)
	m.endpoints = []mounter{
		meta, m.saml, m.authorize, b.par, m.logout,
		token.New(b.token(), grants...),
		devices, m.ciba,
		b.introspect(refreshing), b.revoke(refreshing), b.userinfo(), b.forwardAuth(codes),
	}
	if b.watch != nil {
		m.endpoints = append(m.endpoints, b.watch)
	}
	own, err := b.registration()
	m.endpoints = append(m.endpoints, own...)
	return m, err
}

// Mount adds the routes of every endpoint.
func (m *Module) Mount(r httpx.Router) {
	for _, e := range m.endpoints {
		e.Mount(r)
	}
}

// Flush writes counters that wait in memory.
func (m *Module) Flush(ctx context.Context) error { return m.counter.Flush(ctx) }

// Details says what a grant's authorization_details allow. One that the client may not have any more, or whose type has gone, is left out, as it is
// from tokens.
func (m *Module) Details(ctx context.Context, c *core.Client, raw string) (out []core.Detail) {
	list, err := core.ParseDetails(raw)
	if err != nil {
		return nil
	}
	for _, d := range list {
		one, err := core.CanonicalDetails([]map[string]any{d})
		if err != nil {
			continue
		}
		if judged, err := m.details.Judge(ctx, c, one); err == nil {
			out = append(out, judged...)
		}
	}
	return out
}

// Tiles are the applications that somebody may open.
func (m *Module) Tiles(ctx context.Context, p *storage.Person) ([]core.Tile, error) {
	return m.tiles.Of(ctx, p)
}

// Clients finds registered clients for other features' screens.
func (m *Module) Clients() *core.Clients { return m.clients }

// Permitted reports whether somebody is among those who may use the client.
func (m *Module) Permitted(ctx context.Context, c *core.Client, p *storage.Person) (bool, error) {
	return m.live.Permitted(ctx, c, p)
}

// Approvals are the backchannel requests that wait for people.
func (m *Module) Approvals() *ciba.Endpoint { return m.ciba }

// SAML is the SAML identity provider.
func (m *Module) SAML() *samlidp.Endpoint { return m.saml }

// Logout ends sessions, and tells who took part in them.
func (m *Module) Logout() *logout.Endpoint { return m.logout }

// Pings delivers the notifications of clients that wait for an answer.
func (m *Module) Pings(post ciba.Poster) *ciba.Pings {
	return &ciba.Pings{Clients: m.clients, Post: post, Now: m.now}
}

// Logouts delivers logout tokens.
func (m *Module) Logouts(post logout.Poster) *logout.Backchannel {
	return &logout.Backchannel{Issuer: m.authorize.Issuer, Clients: m.clients, Signer: m.authorize.Signer, Post: post, Now: m.now}
}

// Asked says what a flow asks of the person, for the consent screen.
func (m *Module) Asked(ctx context.Context, fl *flow.Flow) (*authorize.Asked, error) {
	return m.authorize.View(ctx, fl)
}

var (
	_ core.GrantType = (*code.Grant)(nil)
	_ core.GrantType = (*refresh.Grant)(nil)
	_ core.GrantType = (*clientcreds.Grant)(nil)
	_ core.GrantType = (*exchange.Grant)(nil)
	_ core.GrantType = (*jwtbearer.Grant)(nil)
	_ mounter        = (*introspect.Endpoint)(nil)
	_ mounter        = (*revoke.Endpoint)(nil)
	_ mounter        = (*userinfo.Endpoint)(nil)
)
