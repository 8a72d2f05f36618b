package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Visit is an open flow.
type Visit struct {
	Sealed  string
	Client  string     // client_id; empty for a page of ours
	Name    string     // of the application
	Params  url.Values // of the authorization request
	Started time.Time
	Current *session.Current // who is signed in already; nil: nobody
}

// Proof is what an upstream has shown about a person.
type Proof struct {
	Strong bool     // two factors, that count here
	Method string   // what was shown here (RFC 8176): a password that a directory knows, a ticket; empty: they were away
	AMR    []string // methods that the upstream names, where they count here
	Kind   string   // for the audit event
	Since  time.Time
	Until  time.Time
	// Upstream is what the session rests on.
	Upstream session.Upstream
	Name     storage.ID // stands for the name that was typed; zero: none was
}

// Flows opens sign-ins and ends them (login.Module).
type Flows interface {
	// Visit opens a flow; what does not open is for Refuse.
	Visit(c *gin.Context, sealed string) (*Visit, error)
	Refuse(c *gin.Context, err error) error
	// Continue goes on as who is signed in by now.
	Continue(c *gin.Context, sealed string, cur *session.Current) error
	// Nobody goes back to the application of a flow that may show no page, with nobody.
	Nobody(c *gin.Context, sealed string) error
	// Finish signs the person in, or leads on to what is still missing.
	Finish(c *gin.Context, sealed string, person *storage.Person, p Proof) error
}

// Pages is what pages of ours need (login.Module).
type Pages interface {
	// Begin opens a flow that leads to a page of ours.
	Begin(c *gin.Context, to string) (sealed string, err error)
	// Back has the person sign in, also again, and then leads to a page of ours.
	Back(c *gin.Context, to string, params url.Values) error
	// Prove does so for whoever has this account, that they prove here though they belong to an upstream.
	Prove(c *gin.Context, to string, account storage.ID) error
	Current(c *gin.Context) (*session.Current, error)
	// Again shows the sign-in page of the flow with a problem.
	Again(c *gin.Context, sealed, problem string) error
	Render(c *gin.Context, status int, sealed string, p func(lang string) web.Page) error
}

// Forms makes and checks form tokens.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	CheckToken(c *gin.Context, purpose string, form url.Values) error
}

// Groups are those here (internal/groups).
type Groups interface {
	ByName(ctx context.Context, name string) (*storage.Group, error)
	// NamesOf are those that somebody is in, by nesting too.
	NamesOf(ctx context.Context, person storage.ID) ([]string, error)
	AddPerson(ctx context.Context, row *storage.Group, person storage.ID, by directory.Actor) (bool, error)
	RemovePerson(ctx context.Context, row *storage.Group, person storage.ID, by directory.Actor) (bool, error)
}

// Browsers knows the browser of a request.
type Browsers interface {
	// Known is the browser's id; false when the request says none, as one that another site's form sent.
	Known(r *http.Request) (id [16]byte, ok bool)
	// Browser makes it known.
	Browser(w http.ResponseWriter, r *http.Request) session.Browser
}

// People finds and makes people (internal/directory).
type People interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
	Create(ctx context.Context, tenant storage.ID, n directory.NewPerson, actor directory.Actor) (*storage.Person, error)
	Update(ctx context.Context, tenant, id storage.ID, u directory.UpdatePerson, actor directory.Actor) (*storage.Person, error)
	Require(ctx context.Context, tenant, id storage.ID, r directory.Requirements, actor directory.Actor) (*storage.Person, error)
	Claims(p *storage.Person) (directory.Claims, error)
	Display(p *storage.Person) (name, identifier string)
}

// Store is what is kept.
type Store interface {
	storage.LinkReader
	storage.LinkWriter
	storage.Trips
	storage.Transactor
	storage.Replays
	storage.UpstreamSessions
	SessionByID(ctx context.Context, tenant, id storage.ID) (*storage.Session, error)
	RevokeSession(ctx context.Context, tenant, id storage.ID, now time.Time, reason string, ev *storage.AuditEvent, tell ...*storage.OutboxMessage) error
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Ring seals, and makes keyed hashes (internal/keys.Ring).
type Ring interface {
	Opener
	Seal(at seal.Location, plaintext []byte) seal.Text
	FirstMAC(purpose string, parts ...[]byte) []byte
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Meter counts (telemetry.Metrics).
type Meter interface {
	AuthRequest(kind, outcome string)
	FailedLogin(factor, reason string)
}

// Told are the applications that a browser tells of the end of a session, by passing by them (provider/samlidp).
type Told interface {
	// Leave is where the browser goes for that, and from there to next; "" when there is nobody to tell.
	Leave(c *gin.Context, session storage.ID, next string) (string, error)
}

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant       storage.ID
	Issuer       string // without a trailing slash
	Registry     *Registry
	Store        Store
	People       People
	Groups       Groups
	Applications Applications
	Told         Told
	Flows        Flows
	Pages        Pages
	Forms        Forms
	Browsers     Browsers
	Ring         Ring
	Audit        Recorder
	Failures     interface{ Add(r audit.Refusal) }
	Meter        Meter
	Log          *slog.Logger
	Now          func() time.Time
}

// Module is the broker and its pages.
type Module struct {
	d      Deps
	checks singleflight.Group // of links at their upstreams
}

// New makes the module.
func New(d Deps) (*Module, error) {
	if d.Tenant.IsZero() || d.Issuer == "" || d.Registry == nil || d.Store == nil || d.People == nil || d.Groups == nil || d.Applications == nil || d.Told == nil || d.Flows == nil || d.Pages == nil || d.Forms == nil ||
		d.Browsers == nil || d.Ring == nil || d.Audit == nil || d.Failures == nil || d.Meter == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("federation: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// maxAnswer bounds what a browser brings back: a signed and encrypted SAML response of 1 MiB, in base64, is the largest.
const maxAnswer = 1600 << 10

// Mount adds the pages.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/federation/:connector/start", httpx.Page, m.start)
	r.Handle(http.MethodGet, "/federation/:connector/callback", httpx.Page, m.returned)
	r.Handle(http.MethodPost, "/federation/:connector/callback", httpx.Page.CrossSite().MaxBody(maxAnswer), m.delivered)
	r.Handle(http.MethodPost, "/federation/:connector/resume", httpx.Page.MaxBody(maxAnswer), m.resume)
	r.Handle(http.MethodPost, "/federation/:connector/backchannel", httpx.API, m.backchannel)
	r.Handle(http.MethodPost, "/federation/:connector/notices", httpx.API, m.notice)
	r.Handle(http.MethodGet, "/federation/:connector/frontchannel", httpx.API, m.frontchannel)
	r.Handle(http.MethodGet, "/federation/:connector/landed", httpx.Page, m.landed)
	r.Handle(http.MethodGet, "/federation/:connector/sign-out", httpx.Page, m.signOut)
	r.Handle(http.MethodGet, "/federation/:connector/signed-out", httpx.Page, m.signedOutBack)
	r.Handle(http.MethodGet, "/federation/:connector/jwks", httpx.Document, m.jwks)
	r.Handle(http.MethodGet, "/federation/:connector/requests/:state", httpx.API, m.requestObject)
	r.Handle(http.MethodGet, "/saml/:connector/metadata", httpx.Document, m.metadata)
	r.Handle(http.MethodGet, "/saml/:connector/acs", httpx.Page, m.returned) // an artifact
	r.Handle(http.MethodPost, "/saml/:connector/acs", httpx.Page.CrossSite().MaxBody(maxAnswer), m.delivered)
	r.Handle(http.MethodGet, "/saml/:connector/slo", httpx.Page, m.leave)
	r.Handle(http.MethodPost, "/saml/:connector/slo", httpx.Page.CrossSite().MaxBody(maxAnswer), m.leave)
	r.Handle(http.MethodGet, "/federation/:connector/test", httpx.Page, m.showTest)
	r.Handle(http.MethodPost, "/federation/:connector/test", httpx.Page, m.testPassword)
	r.Handle(http.MethodGet, linkPath, httpx.Page, m.showLink)
	r.Handle(http.MethodPost, linkPath, httpx.Page, m.link)
	r.Handle(http.MethodGet, ownPath, httpx.Page, m.list)
	r.Handle(http.MethodPost, ownPath, httpx.Page, m.change)
}
