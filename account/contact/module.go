package contact

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	emailPath   = "/account/email"
	confirmPath = "/account/email/confirm"
	keepPath    = "/account/email/keep"

	purposeConfirm = "confirm_email"
	purposeKeep    = "keep_email"

	lifetime = time.Hour
)

// Account says who is signed in, and who has just proved it with all they have. done says that the browser was sent to sign in and will come back.
type Account interface {
	SignedIn(c *gin.Context, back string) (cur *session.Current, done bool, err error)
	Proved(c *gin.Context, back string) (cur *session.Current, done bool, err error)
}

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Directory finds people by what they type, and opens and changes their profile.
type Directory interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
	Claims(p *storage.Person) (directory.Claims, error)
	Update(ctx context.Context, tenant, id storage.ID, u directory.UpdatePerson, actor directory.Actor) (*storage.Person, error)
}

// Notifier writes mails (notify.Notifier).
type Notifier interface {
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
	Tell(ctx context.Context, m notify.Mail) error
}

// Follower is a factor that goes with the address, in the transaction of the change.
type Follower interface {
	Move(ctx context.Context, p *storage.Person, to string) error
}

// Asks bounds the mails that one person has sent.
type Asks interface {
	Take(key string) (ok bool, wait time.Duration)
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
	Tenant    storage.ID
	Issuer    string // without a trailing slash
	Account   Account
	People    People
	Directory Directory
	Codes     *onetime.Codes
	Notify    Notifier
	Tx        storage.Transactor
	Factor    Follower
	Asks      Asks
	Forms     Forms
	Audit     Recorder
	Pages     *web.Renderer
	Now       func() time.Time
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Issuer != "" && d.Account != nil && d.People != nil && d.Directory != nil && d.Codes != nil && d.Notify != nil && d.Tx != nil &&
		d.Factor != nil && d.Asks != nil && d.Forms != nil && d.Audit != nil && d.Pages != nil && d.Now != nil
}

// Module is the pages about the address.
type Module struct{ d Deps }

// New makes the module.
func New(d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("account/contact: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// Mount adds the pages.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, emailPath, httpx.Page, m.show)
	r.Handle(http.MethodPost, emailPath, httpx.Page, m.ask)
	r.Handle(http.MethodGet, emailPath+"/code/:id", httpx.Page, m.showCode)
	r.Handle(http.MethodPost, emailPath+"/code/:id", httpx.Page, m.takeCode)
	r.Handle(http.MethodGet, confirmPath, httpx.Page, m.look)
	r.Handle(http.MethodPost, confirmPath, httpx.Page, m.follow)
	r.Handle(http.MethodGet, keepPath, httpx.Page, m.showKeep)
	r.Handle(http.MethodPost, keepPath, httpx.Page, m.keep)
}

func (m *Module) lang(c *gin.Context) string { return m.d.Pages.Locale(c.Request, "") }

func (m *Module) render(c *gin.Context, status int, p web.Page) error {
	m.d.Pages.Render(c.Writer, c.Request, status, p)
	return nil
}

// purpose binds forms to the session that they were shown in.
func purpose(cur *session.Current) string { return "account email " + cur.Session.ID.String() }
