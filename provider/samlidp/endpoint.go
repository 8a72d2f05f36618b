package samlidp

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// SignedIn is the session of the browser and its person.
type SignedIn struct {
	Session *storage.Session
	Person  *storage.Person
	Doubt   string  // why the session is not believed to be used by whom it was made for; "": it is
	Denied  bool    // proving it anew does not help
	Score   float64 // of the risk of this use
}

// Sessions finds and ends the session of a request, and knows the browser's id.
type Sessions interface {
	SAMLSession(c *gin.Context) (*SignedIn, error) // nil, nil when nobody is signed in
	Browser(c *gin.Context) ([16]byte, error)
	SignOut(c *gin.Context, s *storage.Session, reason string) error
}

// Consents remembers what people allowed.
type Consents interface {
	Remembered(ctx context.Context, tenant, person, client storage.ID, scopes, resources []string, binding string) (missing bool, granted []string, err error)
}

// StepUp knows how strong a session can be made by a second factor alone; "" when there is none.
type StepUp interface {
	Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error)
}

// Required says what a person must do before any application gets an answer about them; none: nothing.
type Required interface {
	Open(p *storage.Person) ([]string, error)
}

// Pages renders what a person sees of this endpoint.
type Pages interface {
	Show(c *gin.Context, status int, page web.Page) error
	Language(c *gin.Context) string
	ErrorPage(c *gin.Context, status int, code, description, errorID string) error
	Expired(c *gin.Context, clientName, backURL string) error
	Done(c *gin.Context, clientName, backURL string) error
}

// Meter counts (telemetry.Metrics).
type Meter interface {
	AuthRequest(kind, outcome string)
}

// Store keeps what assertions and sign-outs need.
type Store interface {
	storage.SAMLSessions
	storage.AuditWriter
	storage.Trips
	storage.Transactor
	SpendOnce(ctx context.Context, r *storage.Replay) (bool, error)
	SessionByID(ctx context.Context, tenant, id storage.ID) (*storage.Session, error)
	RevokeSession(ctx context.Context, tenant, id storage.ID, now time.Time, reason string, ev *storage.AuditEvent, tell ...*storage.OutboxMessage) error
}

// Deps is what New needs; everything is required but Rules.
type Deps struct {
	Tenant   storage.ID
	Issuer   string // without a trailing slash
	Base     string // path of the issuer
	Apps     *Apps
	Keys     *Keys
	Store    Store
	Ring     Ring
	Subjects *core.Subjects
	People   core.Directory
	Members  core.Memberships
	Live     *core.Live
	Rules    *core.Rules // nil: none
	Flows    *flow.Flows
	Sessions Sessions
	StepUp   StepUp
	Required Required
	Consents Consents
	Classes  []string // of sign-ins that this installation reaches beside the usual ones
	Pages    Pages
	Audit    core.Auditor
	Meter    Meter
	Log      *slog.Logger
	Now      func() time.Time
}

// Endpoint is the SAML identity provider.
type Endpoint struct{ d Deps }

// New makes the endpoint.
func New(d Deps) *Endpoint { return &Endpoint{d: d} }

// Mount adds the routes. A POST comes from another site and carries no cookie worth believing: a request in it only becomes a flow, and a sign-out proves
// itself by its signature.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, metadataPath, httpx.Document, e.metadata)
	r.Handle(http.MethodGet, ssoPath, httpx.Page, e.get)
	r.Handle(http.MethodPost, ssoPath, httpx.Page.CrossSite(), e.post)
	r.Handle(http.MethodGet, sloPath, httpx.Page, e.leave)
	r.Handle(http.MethodPost, sloPath, httpx.Page.CrossSite(), e.leave)
}
