package login

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Config is what the shared steps need to know.
type Config struct {
	// Issuer is the issuer's URL without a trailing slash; every redirect starts with it.
	Issuer string
	// Passkeys says that people may sign in with one, and ByMail that the page offers a mailed link or code.
	Passkeys, ByMail bool
	// ByPhone says that the page offers a sign-in by a phone that is signed in.
	ByPhone bool
	// Signup says that people may make an account, and Lost that those who lost every second factor may recover theirs.
	Signup, Lost bool
}

// Validate reports what is missing.
func (c Config) Validate() error {
	if c.Issuer == "" || strings.HasSuffix(c.Issuer, "/") {
		return errors.New("login: an issuer without a trailing slash is required")
	}
	return nil
}

// Client is what people may know about the application that asks.
type Client struct {
	Name      string
	LogoURI   string
	PolicyURI string
	TosURI    string
	Host      string // of the redirect URI
	StartURL  string // where the application starts a sign-in, or ""

	Verified, FirstParty bool
}

// Clients describes applications. An unknown client_id is errs.NotFound.
type Clients interface {
	ClientDisplay(ctx context.Context, tenant storage.ID, clientID string) (Client, error)
}

// Sessions reads and makes sessions.
type Sessions interface {
	// Current is nil without an error when nobody is signed in.
	Current(ctx context.Context, r *http.Request, tenant storage.ID) (*session.Current, error)
	SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant storage.ID, person *storage.Person, in session.SignIn) (*session.Current, error)
}

// Browsers knows the browser, apart from who is signed in.
type Browsers interface {
	Browser(w http.ResponseWriter, r *http.Request) session.Browser
	// Knows says that the person has signed in with this browser before.
	Knows(r *http.Request, person storage.ID) bool
	// Remember is for a person and, if it is not zero, the name by which a directory knows them.
	Remember(w http.ResponseWriter, r *http.Request, person, name storage.ID)
	// Name stands for a typed name in Knows and Remember.
	Name(typed string) storage.ID
}

// After is what a browser still does when a session of it ends (provider/logout).
type After interface {
	// After are the frames in which applications hear of it, and where the browser goes so that it passes by all others who are told by it, and comes to next in the end.
	After(c *gin.Context, session *storage.Session, next string) (frames []string, by string, err error)
}

// Names shows people to themselves.
type Names interface {
	Display(p *storage.Person) (name, identifier string)
}

// Subjects says whom a request is about: id_token_hint and an essential sub claim
// name somebody. is is nil when anybody may sign in.
type Subjects interface {
	RequiredPerson(ctx context.Context, fl *flow.Flow) (is func(*storage.Person) bool, err error)
}

// Forms makes and checks form tokens (session.Forms). They must survive a sign-in in
// another tab: bound to the browser, not to the value of its cookie.
type Forms interface {
	Token(c *gin.Context, purpose string) (string, error)
	Check(c *gin.Context, purpose string, form url.Values) error
}

// Upstreams are the other services that people may sign in with (federation).
type Upstreams interface {
	// Upstreams lists those for an application; clientID is empty for our own pages.
	Upstreams(ctx context.Context, clientID string) ([]web.Connector, error)
	// Home is the one that somebody is led to by what they typed, or, with nothing typed, by what came with the request; nil: none.
	Home(ctx context.Context, clientID, identifier string, typed bool, ip netip.Addr) (*web.Connector, error)
}

// Deps is what New needs; everything is required but Second, Invitation, Risk, Rules, Trusted, Naming, Challenge, Upstreams, After and Negotiation.
type Deps struct {
	Tenant     storage.ID
	Flows      *flow.Flows
	Sessions   Sessions
	Accounts   Accounts
	Browsers   Browsers
	Clients    Clients
	Subjects   Subjects
	Names      Names
	Pages      *web.Renderer
	Forms      Forms
	Second     *Seconds   // nil: a first factor is enough for everybody
	Invitation Invitation // nil: nobody is offered anything
	Risk       Risk       // nil: nothing is judged
	Rules      Rules      // nil: there are none
	Trusted    Trusted    // nil: no browser is trusted
	Naming     Naming     // nil: nobody counts
	Challenge  Challenge  // nil: nobody is asked for work
	Upstreams  Upstreams  // nil: there are none
	// After leads a browser on whose session has ended; nil: there is nobody to tell by it.
	After After
	// Negotiation takes browsers at their word; nil: nobody is asked for it.
	Negotiation Negotiation
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Flows != nil && d.Sessions != nil && d.Accounts != nil && d.Browsers != nil && d.Clients != nil &&
		d.Subjects != nil && d.Names != nil && d.Pages != nil && d.Forms != nil
}

// Module is the shared part of signing in.
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
		return nil, errors.New("login: a dependency is missing")
	}
	return &Module{cfg: c, d: d}, nil
}

// Mount adds the routes that belong to no factor.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, accountPath, httpx.Page, m.showAccounts)
	r.Handle(http.MethodPost, accountPath, httpx.Page, m.chooseAccount)
	r.Handle(http.MethodGet, deniedPath, httpx.Page, m.showDenied)
	r.Handle(http.MethodPost, deniedPath, httpx.Page, m.leaveDenied)
	if m.d.Second != nil {
		r.Handle(http.MethodGet, mfaPath, httpx.Page, m.showMFA)
		r.Handle(http.MethodPost, mfaPath, httpx.Page, m.submitMFA)
		r.Handle(http.MethodPost, sendPath, httpx.Page, m.sendMFA)
	}
}
