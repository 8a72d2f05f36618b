package signup

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Directory finds and makes people.
type Directory interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
	Claims(p *storage.Person) (directory.Claims, error)
	Create(ctx context.Context, tenant storage.ID, n directory.NewPerson, actor directory.Actor) (*storage.Person, error)
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

// Sessions says who is signed in; nil, nil for nobody.
type Sessions interface {
	Current(ctx context.Context, r *http.Request, tenant storage.ID) (*session.Current, error)
}

// Deps is what New needs; everything is required.
type Deps struct {
	Inviting
	Steps      *login.Module
	Sessions   Sessions
	Hasher     Hasher
	Policy     Policy
	MinLength  int
	Tx         storage.Transactor
	Logger     *slog.Logger
	Attributes *attributes.Set // of the profile schema; nil: none
}

func (d Deps) complete() bool {
	return d.Inviting.complete() && d.Steps != nil && d.Sessions != nil && d.Hasher != nil && d.Policy != nil && d.Tx != nil && d.Logger != nil
}

// Module is sign-up.
type Module struct {
	cfg     Config
	d       Deps
	address *login.Attempts // requests of one network address
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("login/signup: a dependency is missing")
	}
	address, err := login.NewAttempts(login.Allowance{Free: 20, First: 10 * time.Second, Longest: 15 * time.Minute, Leak: time.Minute}, d.Now)
	if err != nil {
		return nil, err
	}
	return &Module{cfg: c, d: d, address: address}, nil
}

// Mount adds the pages. Where sign-up is off there are none, and no invitation counts (PW21).
func (m *Module) Mount(r httpx.Router) {
	if !m.cfg.On() {
		return
	}
	if m.cfg.Asks() {
		r.Handle(http.MethodGet, askPath, httpx.Page, m.show)
		r.Handle(http.MethodPost, askPath, httpx.Page, m.ask)
	}
	r.Handle(http.MethodGet, finishPath, httpx.Page, m.showFinish)
	r.Handle(http.MethodPost, finishPath, httpx.Page, m.finish)
}

func (m *Module) current(c *gin.Context) (*session.Current, error) {
	return m.d.Sessions.Current(c.Request.Context(), c.Request, m.d.Tenant)
}

// Inviting is what invitations need, on the server and on the command line.
type Inviting struct {
	Tenant    storage.ID
	Directory Directory
	Codes     *onetime.Codes
	Notify    Notifier
	Audit     Recorder
	Events    storage.AuditWriter
	Now       func() time.Time
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

func (d Inviting) complete() bool {
	return !d.Tenant.IsZero() && d.Directory != nil && d.Codes != nil && d.Notify != nil && d.Audit != nil && d.Events != nil && d.Now != nil
}
