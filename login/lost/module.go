package lost

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// People finds people by row id; errs.NotFound for nobody.
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

// Notifier writes messages (notify.Notifier).
type Notifier interface {
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
	Text(ctx context.Context, m notify.SMS, keep func(ctx context.Context) error) (sent bool, err error)
}

// Store keeps recoveries, and removes factors.
type Store interface {
	storage.Transactor
	storage.Recoveries
	storage.RecoverySteps
	ResetFactors(ctx context.Context, tenant, person storage.ID, ev *storage.AuditEvent) error
}

// Hasher makes password hashes behind a queue.
type Hasher interface {
	Hash(ctx context.Context, pw string) (phc string, err error)
}

// Policy judges new passwords: keys of what is wrong, none if it may be used.
type Policy interface {
	Check(pw string, context ...string) []string
}

// Ring signs the links that cancel (keys.Ring).
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
}

var _ Ring = (*keys.Ring)(nil)

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required but Texts.
type Deps struct {
	Tenant    storage.ID
	Steps     *login.Module
	People    People
	Directory Directory
	Codes     *onetime.Codes
	Store     Store
	Notify    Notifier
	Texts     bool // text messages are in use
	Hasher    Hasher
	Policy    Policy
	MinLength int
	Ring      Ring
	Audit     Recorder
	Logger    *slog.Logger
	Now       func() time.Time
}

func (d Deps) complete() bool {
	return !d.Tenant.IsZero() && d.Steps != nil && d.People != nil && d.Directory != nil && d.Codes != nil && d.Store != nil && d.Notify != nil &&
		d.Hasher != nil && d.Policy != nil && d.Ring != nil && d.Audit != nil && d.Logger != nil && d.Now != nil
}

// Module is recovery without second factors.
type Module struct {
	c       Config
	d       Deps
	address *login.Attempts // requests of one network address
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("login/lost: a dependency is missing")
	}
	address, err := login.NewAttempts(login.Allowance{Free: 20, First: 10 * time.Second, Longest: 15 * time.Minute, Leak: time.Minute}, d.Now)
	if err != nil {
		return nil, err
	}
	return &Module{c: c, d: d, address: address}, nil
}

// Mount adds the pages. What waits can be cancelled, and an administrator's link used, though nobody can begin any more.
func (m *Module) Mount(r httpx.Router) {
	if m.c.On() {
		r.Handle(http.MethodGet, askPath, httpx.Page, m.show)
		r.Handle(http.MethodPost, askPath, httpx.Page, m.ask)
		r.Handle(http.MethodGet, startPath, httpx.Page, m.showStart)
		r.Handle(http.MethodPost, startPath, httpx.Page, m.start)
	}
	r.Handle(http.MethodGet, cancelPath, httpx.Page, m.showCancel)
	r.Handle(http.MethodPost, cancelPath, httpx.Page, m.cancel)
	r.Handle(http.MethodGet, ownPath, httpx.Page, m.showOwn)
	r.Handle(http.MethodPost, ownPath, httpx.Page, m.cancelOwn)
	r.Handle(http.MethodGet, setPath, httpx.Page, m.showSet)
	r.Handle(http.MethodPost, setPath, httpx.Page, m.set)
}

func (m *Module) lang(c *gin.Context) string { return m.d.Steps.Lang(c, nil) }

func (m *Module) note(c *gin.Context, status int, note web.Note) error {
	m.d.Steps.Render(c, status, web.NotePage{Lang: m.lang(c), Note: note})
	return nil
}

func trimmed(s string) string { return strings.TrimSpace(s) }
