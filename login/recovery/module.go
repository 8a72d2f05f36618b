package recovery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	purpose  = "reset"
	lifetime = time.Hour
)

// People finds people; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Directory finds people by what they type, shows them, and changes them. A new password ends every session and grant.
type Directory interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
	Claims(p *storage.Person) (directory.Claims, error)
	Display(p *storage.Person) (name, identifier string)
	SetPassword(ctx context.Context, tenant, id storage.ID, phc string, exceptSession storage.ID, actor directory.Actor) error
	Update(ctx context.Context, tenant, id storage.ID, u directory.UpdatePerson, actor directory.Actor) (*storage.Person, error)
}

// Notifier writes mails (notify.Notifier).
type Notifier interface {
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
}

// Hasher makes password hashes behind a queue.
type Hasher interface {
	Hash(ctx context.Context, pw string) (phc string, err error)
}

// Policy judges new passwords: keys of what is wrong, none if it may be used.
type Policy interface {
	Check(pw string, context ...string) []string
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

// Deps is what New needs; everything is required but Lost.
type Deps struct {
	Tenant    storage.ID
	Issuer    string // without a trailing slash
	Steps     *login.Module
	People    People
	Directory Directory
	Codes     *onetime.Codes
	Notify    Notifier
	Tx        storage.Transactor
	Hasher    Hasher
	Policy    Policy
	MinLength int
	Lost      bool // there is a way on for who lost every second factor
	Forms     Forms
	Audit     Recorder
	Pages     *web.Renderer
	Logger    *slog.Logger
	Now       func() time.Time
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Issuer != "" && !strings.HasSuffix(d.Issuer, "/") && d.Steps != nil && d.People != nil && d.Directory != nil && d.Codes != nil && d.Notify != nil &&
		d.Tx != nil && d.Hasher != nil && d.Policy != nil && d.Forms != nil && d.Audit != nil && d.Pages != nil && d.Logger != nil && d.Now != nil
}

// Module is recovery by mail.
type Module struct {
	d       Deps
	address *login.Attempts // requests of one network address
}

// New makes the module.
func New(d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("login/recovery: a dependency is missing")
	}
	address, err := login.NewAttempts(login.Allowance{Free: 20, First: 10 * time.Second, Longest: 15 * time.Minute, Leak: time.Minute}, d.Now)
	if err != nil {
		return nil, err
	}
	return &Module{d: d, address: address}, nil
}

// Mount adds the pages, and the address by which password managers find where a password is changed.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, askPath, httpx.Page, m.show)
	r.Handle(http.MethodPost, askPath, httpx.Page, m.ask)
	r.Handle(http.MethodGet, setPath, httpx.Page, m.showSet)
	r.Handle(http.MethodPost, setPath, httpx.Page, m.set)
	r.Handle(http.MethodGet, "/.well-known/change-password", httpx.Page, func(c *gin.Context) error {
		return httpx.SeeOther(c, m.d.Issuer+"/account/password")
	})
}

func (m *Module) lang(c *gin.Context) string { return m.d.Pages.Locale(c.Request, "") }

func (m *Module) render(c *gin.Context, status int, p web.Page) error {
	m.d.Pages.Render(c.Writer, c.Request, status, p)
	return nil
}
