package magiclink

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	purpose  = "magic_link"
	lifetime = 10 * time.Minute
)

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Directory finds people by what they type, and opens their profile.
type Directory interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
	Claims(p *storage.Person) (directory.Claims, error)
}

// Notifier writes mails (notify.Notifier).
type Notifier interface {
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
}

// Failures sums refused tries into audit events (audit.Failures).
type Failures interface{ Add(r audit.Refusal) }

// Meter counts (telemetry.Metrics).
type Meter interface {
	AuthRequest(kind, outcome string)
	FailedLogin(factor, reason string)
}

// Deps is what New needs; everything is required.
type Deps struct {
	Steps     *login.Module
	People    People
	Directory Directory
	Codes     *onetime.Codes
	Notify    Notifier
	Failures  Failures
	Meter     Meter
	Logger    *slog.Logger
	Now       func() time.Time
}

func (d Deps) complete() bool {
	return d.Steps != nil && d.People != nil && d.Directory != nil && d.Codes != nil && d.Notify != nil && d.Failures != nil && d.Meter != nil &&
		d.Logger != nil && d.Now != nil
}

// Module is sign-in by mail.
type Module struct {
	d       Deps
	address *login.Attempts // mails that one network address asked for
}

// New makes the module.
func New(d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("login/magiclink: a dependency is missing")
	}
	address, err := login.NewAttempts(login.Allowance{Free: 20, First: 10 * time.Second, Longest: 15 * time.Minute, Leak: time.Minute}, d.Now)
	if err != nil {
		return nil, err
	}
	return &Module{d: d, address: address}, nil
}

// Mount adds the pages.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, askPath, httpx.Page, m.show)
	r.Handle(http.MethodPost, askPath, httpx.Page, m.ask)
	r.Handle(http.MethodPost, codePath, httpx.Page, m.typed)
	r.Handle(http.MethodGet, openPath, httpx.Page, m.look)
	r.Handle(http.MethodPost, openPath, httpx.Page, m.follow)
}
