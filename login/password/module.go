package password

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// People finds people by what they type; errs.NotFound for nobody.
type People interface {
	ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error)
}

// Hasher checks passwords behind a queue. Verify with an empty phc does the work
// of a check and is never ok; errs.Unavailable says that nothing was checked.
type Hasher interface {
	Verify(ctx context.Context, phc, pw string) (ok, rehash bool, err error)
	Hash(ctx context.Context, pw string) (phc string, err error)
	Full() bool // another would be turned away
}

// Rehasher replaces a hash made with old parameters, only if it still stands.
type Rehasher interface {
	RehashPassword(ctx context.Context, tenant, id storage.ID, old, new string) error
}

// Failures sums refused sign-ins into audit events (audit.Failures).
type Failures interface {
	Add(r audit.Refusal)
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Meter counts (telemetry.Metrics).
type Meter interface {
	AuthRequest(kind, outcome string)
	FailedLogin(factor, reason string)
	SecurityEvent(eventType, severity string)
}

// Typed is what somebody typed whom a directory may know.
type Typed struct {
	Username, Password string
	Known              bool       // the browser is one that they have used by this name
	Name               storage.ID // stands for the name (login.Module.NameOf)
}

// Elsewhere asks directories about people who have no password here (federation.Module).
type Elsewhere interface {
	// Serves says that there is one that may know people of the application.
	Serves(ctx context.Context, clientID string) (bool, error)
	// Check tries the password there, once. What it returns signs in whom it is right for, and writes the answer; nil refuses, and problem is what the person may
	// be told, for they have proved who they are: empty for all others, who look alike. errs.Unavailable says that nothing is known.
	Check(ctx context.Context, clientID string, typed Typed) (signIn func(c *gin.Context, sealed string) error, problem string, err error)
	// Change replaces a password that must be changed. Unchanged, problem is what is wrong with the new one; empty: the typed one is not right.
	Change(ctx context.Context, clientID string, typed Typed, next string) (changed bool, problem string, err error)
}

// Deps is what New needs; everything but Elsewhere is required.
type Deps struct {
	Steps    *login.Module
	People   People
	Hasher   Hasher
	Rehasher Rehasher
	Failures Failures
	Audit    Recorder
	Events   storage.AuditWriter
	Meter    Meter
	Logger   *slog.Logger
	Now      func() time.Time
	// Elsewhere is asked when nobody here has a password of the name; nil: nobody is.
	Elsewhere Elsewhere
}

func (d Deps) complete() bool {
	return d.Steps != nil && d.People != nil && d.Hasher != nil && d.Rehasher != nil && d.Failures != nil && d.Audit != nil &&
		d.Events != nil && d.Meter != nil && d.Logger != nil && d.Now != nil
}

// Module is sign-in by password.
type Module struct {
	d      Deps
	limits limits
	pace   pace
	mask   [32]byte // keys the counters of passwords and of names nobody has; lives as long as the process
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("login/password: a dependency is missing")
	}
	l, err := newLimits(c, d.Now)
	if err != nil {
		return nil, err
	}
	m := &Module{d: d, limits: l}
	_, _ = rand.Read(m.mask[:]) // never fails since Go 1.24: it crashes the process instead
	return m, nil
}

// Mount adds the sign-in page.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/login", httpx.Page, m.show)
	r.Handle(http.MethodPost, "/login", httpx.Page, m.submit)
}

// Own is the allowance of people who are signed in and prove their password
// again, as when they change it: one account in one browser.
func (m *Module) Own() *login.Attempts { return m.limits.device }
