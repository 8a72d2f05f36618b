package account

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Sessions tells who is signed in, and in which browser, and renews a session.
type Sessions interface {
	Current(ctx context.Context, r *http.Request, tenant storage.ID) (*session.Current, error)
	Browser(w http.ResponseWriter, r *http.Request) session.Browser
	SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant storage.ID, person *storage.Person, in session.SignIn) (*session.Current, error)
}

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Directory shows people to themselves and changes their password; everything
// that the old one opened ends, but the excepted session.
type Directory interface {
	Display(p *storage.Person) (name, identifier string)
	SetPassword(ctx context.Context, tenant, id storage.ID, phc string, exceptSession storage.ID, actor directory.Actor) error
}

// Hasher checks and makes password hashes behind a queue.
type Hasher interface {
	Verify(ctx context.Context, phc, pw string) (ok, rehash bool, err error)
	Hash(ctx context.Context, pw string) (phc string, err error)
}

// Policy judges new passwords: keys of what is wrong ("password.short"), none if
// it may be used.
type Policy interface {
	Check(pw string, context ...string) []string
}

// Attempts counts tries at one account in one browser, the same ones that signing
// in there counts.
type Attempts interface {
	Take(key string) (ok bool, wait time.Duration)
	Give(key string)
	Clear(key string)
}

// Forms makes and checks form tokens, bound to the browser.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// Failures sums refused tries into audit events (audit.Failures).
type Failures interface {
	Add(r audit.Refusal)
}

// Approvals are the requests of apps that wait for a person (OpenID Connect CIBA). errs.NotFound for what does not wait for that person (any more).
type Approvals interface {
	Approvals(ctx context.Context, cur *session.Current) ([]Approval, error)
	Approval(ctx context.Context, cur *session.Current, id storage.ID) (*Approval, error)
	// Decide reports false when the request did not wait any more; on are the optional scopes that are switched on.
	Decide(ctx context.Context, cur *session.Current, id storage.ID, allow bool, on []string) (bool, error)
}

// Apps are the applications that a person has allowed something. End returns errs.NotFound when nothing stands.
type Apps interface {
	Apps(ctx context.Context, cur *session.Current, lang string) ([]web.AppRow, error)
	End(ctx context.Context, cur *session.Current, app storage.ID) (name string, err error)
}

// Tiles are the applications that a person may start from here.
type Tiles interface {
	Tiles(ctx context.Context, cur *session.Current) ([]web.AppTile, error)
}

// Approval is one request as its person is shown it.
type Approval struct {
	ID                storage.ID
	ClientName, Host  string
	Verified          bool
	Message           string // to compare with what the app shows; "" if there is none
	Scopes            []web.ConsentScope
	From              string // address of who asked; "" if unknown
	At, Until         time.Time
	Weak              bool // the app asks for a stronger sign-in than this session's
	PolicyURI, TosURI string
}

// Deps is what New needs; everything is required but Places, Rules, Browsers, Security, Scores and the flag.
type Deps struct {
	Tenant     storage.ID
	Issuer     string // the issuer's URL without a trailing slash
	Flows      *flow.Flows
	Sessions   Sessions
	People     People
	Directory  Directory
	Hasher     Hasher
	Policy     Policy
	MinLength  int // of a password, as the page says it; 0 is what the page has by itself
	Attempts   Attempts
	Passkeys   bool // there are pages for them, which the start page links to
	Approvals  Approvals
	Apps       Apps
	Tiles      Tiles // nil: there are none
	Failures   Failures
	Pages      *web.Renderer
	Forms      Forms
	Logger     *slog.Logger
	Own        OwnSessions
	Places     func(ip netip.Addr, lang string) string // where an address is, for people, "" if unknown; nil: nobody knows
	Now        func() time.Time
	Activity   Activity
	Profiles   Profiles
	Attributes *attributes.Set // of the profile schema; nil: none
	Audit      Recorder
	Events     storage.AuditWriter
	Exporter   Exporter
	Erasure    Erasure
	Contact    []web.SecurityLink // pages that change address and number, from the profile
	Rules      Rules              // nil: there are none
	Browsers   Browsers           // nil: no browser is trusted
	Security   *Security          // nil: there is no page about second factors
	Recovery   Recovery           // nil: none waits
	Scores     Scores             // nil: nobody says how well an account is protected
	Terms      string             // where the terms of use can be read; "": there are none now
}

func (d Deps) complete() bool {
	return d.Own != nil && d.Now != nil && d.Activity != nil && d.Profiles != nil && d.Audit != nil && d.Events != nil && d.Exporter != nil && d.Erasure != nil && !d.Tenant.IsZero() && d.Issuer != "" && !strings.HasSuffix(d.Issuer, "/") && d.Flows != nil && d.Sessions != nil &&
		d.People != nil && d.Directory != nil && d.Hasher != nil && d.Policy != nil && d.Attempts != nil && d.Approvals != nil && d.Apps != nil && d.Failures != nil &&
		d.Pages != nil && d.Forms != nil && d.Logger != nil && d.Security.complete()
}

// Module is a person's own pages.
type Module struct {
	cfg Config
	d   Deps
}

// New makes the module.
func New(cfg Config, d Deps) (*Module, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("account: a dependency is missing")
	}
	return &Module{cfg: cfg, d: d}, nil
}

// Mount adds the pages.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/", httpx.Page, m.home)
	r.Handle(http.MethodGet, "/account", httpx.Page, m.overview)
	r.Handle(http.MethodGet, sessionsPath, httpx.Page, m.listSessions)
	r.Handle(http.MethodPost, sessionsPath, httpx.Page, m.endSessions)
	r.Handle(http.MethodGet, activityPath, httpx.Page, m.listActivity)
	r.Handle(http.MethodGet, profilePath, httpx.Page, m.showProfile)
	r.Handle(http.MethodPost, profilePath, httpx.Page, m.saveProfile)
	r.Handle(http.MethodGet, exportPath, httpx.Page, m.showExport)
	r.Handle(http.MethodPost, exportPath, httpx.Page, m.export)
	r.Handle(http.MethodGet, erasePath, httpx.Page, m.showErase)
	r.Handle(http.MethodPost, erasePath, httpx.Page, m.erase)
	r.Handle(http.MethodGet, passwordPath, httpx.Page, m.showPassword)
	r.Handle(http.MethodPost, passwordPath, httpx.Page, m.changePassword)
	r.Handle(http.MethodGet, appsPath, httpx.Page, m.listApps)
	r.Handle(http.MethodPost, appsPath, httpx.Page, m.endApp)
	r.Handle(http.MethodGet, approvalsPath, httpx.Page, m.listApprovals)
	r.Handle(http.MethodGet, approvalsPath+"/:id", httpx.Page, m.showApproval)
	r.Handle(http.MethodPost, approvalsPath+"/:id", httpx.Page, m.decideApproval)
	m.mountSecurity(r)
}
