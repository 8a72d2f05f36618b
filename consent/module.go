package consent

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// defaultRememberFor is how long an answer counts unless the configuration says otherwise.
const defaultRememberFor = 365 * 24 * time.Hour

// Config is what an operator may change.
type Config struct {
	RememberFor time.Duration `config:"remember_for" default:"8760h" doc:"How long an answer counts before the person is asked again, even if nothing new is asked."`
}

// Validate refuses a life that cannot be meant.
func (c Config) Validate() error {
	if c.RememberFor < 0 {
		return errors.New("remember_for must not be negative")
	}
	return nil
}

// View is what one request asks, as provider judged it.
type View struct {
	Client     storage.ID // row id
	ClientID   string
	Name       string
	LogoURI    string
	PolicyURI  string
	TosURI     string
	Host       string // of the redirect URI
	Described  string // host of the document by which the client describes itself, or ""
	Verified   bool
	Agent      bool
	Scopes     []Scope
	Resources  []string
	Until      time.Time // when the access ends at the latest; zero: not said
	Binding    string    // name and redirect host, as in Remembered
	FormAction string    // CSP source of the redirect URI
}

// Scope is one thing that is asked.
type Scope struct {
	Name     string
	Title    string // a sentence; empty: made from the name
	Detail   string // the data that would be shared
	Optional bool
	Risky    bool

	Titles map[string]string // sentences by language, in the place of Title; en is there, or nothing
	Lines  []string          // what else is to be known, one thing a line
	Once   bool              // not remembered

	Allowed bool // before, by an answer that still counts: shown, and not asked again
}

// Requests says what a flow asks. Its errors are answered as they are.
type Requests interface {
	ConsentView(ctx context.Context, fl *flow.Flow, cur *session.Current) (View, error)
}

// Starts says where an application begins a sign-in; errs.NotFound for none.
type Starts interface {
	ClientStart(ctx context.Context, tenant storage.ID, clientID string) (name, url string, err error)
}

// Registry finds clients by row id; errs.NotFound when there is none.
type Registry interface {
	ClientByID(ctx context.Context, tenant, id storage.ID) (*storage.Client, error)
}

// Consents keeps answers (storage.Consents).
type Consents interface {
	ConsentFor(ctx context.Context, tenant, person, client storage.ID) (*storage.Consent, error)
	UpsertConsent(ctx context.Context, c *storage.Consent, ev *storage.AuditEvent) error
}

// Ledger is what stands of a person's answers, and ends it.
type Ledger interface {
	NewestConsents(ctx context.Context, tenant, person storage.ID, limit int) ([]storage.Consent, error)
	LiveGrantsOf(ctx context.Context, tenant, person storage.ID, now time.Time, limit int) ([]storage.Grant, error)
	RevokeConsent(ctx context.Context, tenant, person, client storage.ID, now time.Time, ev *storage.AuditEvent) error
}

// Sessions tells who is signed in, and in which browser.
type Sessions interface {
	Current(ctx context.Context, r *http.Request, tenant storage.ID) (*session.Current, error)
	Browser(w http.ResponseWriter, r *http.Request) session.Browser
}

// Names shows people to themselves.
type Names interface {
	Display(p *storage.Person) (name, identifier string)
}

// Forms makes and checks form tokens, bound to the browser.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant   storage.ID
	Issuer   string // the issuer's URL without a trailing slash
	Flows    *flow.Flows
	Sessions Sessions
	Requests Requests
	Starts   Starts
	Registry Registry
	Consents Consents
	Ledger   Ledger
	Names    Names
	Pages    *web.Renderer
	Forms    Forms
	Audit    Recorder
	Events   storage.AuditWriter
	Now      func() time.Time
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Issuer != "" && !strings.HasSuffix(d.Issuer, "/") && d.Flows != nil && d.Sessions != nil &&
		d.Requests != nil && d.Starts != nil && d.Registry != nil && d.Consents != nil && d.Ledger != nil && d.Names != nil && d.Pages != nil &&
		d.Forms != nil && d.Audit != nil && d.Events != nil && d.Now != nil
}

// Module is the consent feature.
type Module struct {
	cfg Config
	d   Deps
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("consent: a dependency is missing")
	}
	if c.RememberFor == 0 {
		c.RememberFor = defaultRememberFor
	}
	return &Module{cfg: c, d: d}, nil
}

// Mount adds the screen.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/consent", httpx.Page, m.show)
	r.Handle(http.MethodPost, "/consent", httpx.Page, m.decide)
}
