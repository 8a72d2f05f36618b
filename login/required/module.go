package required

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
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Path is the page; what is asked there follows from the row of who is signed in.
const Path = "/login/required"

// fresh is how long ago the person may have proved who they are when they set a new password without the old one.
const fresh = 5 * time.Minute

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Directory writes down what was done.
type Directory interface {
	Opener
	SetPassword(ctx context.Context, tenant, id storage.ID, phc string, exceptSession storage.ID, actor directory.Actor) error
	AcceptTerms(ctx context.Context, tenant, id storage.ID, version string) error
	Update(ctx context.Context, tenant, id storage.ID, u directory.UpdatePerson, actor directory.Actor) (*storage.Person, error)
	UpdateOwn(ctx context.Context, p *storage.Person, values map[string]string) (problems []string, err error)
	Require(ctx context.Context, tenant, id storage.ID, r directory.Requirements, actor directory.Actor) (*storage.Person, error)
}

// Sessions renews a session.
type Sessions interface {
	SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant storage.ID, person *storage.Person, in session.SignIn) (*session.Current, error)
}

// Hasher checks and makes password hashes behind a queue.
type Hasher interface {
	Verify(ctx context.Context, phc, pw string) (ok, rehash bool, err error)
	Hash(ctx context.Context, pw string) (phc string, err error)
}

// Policy judges new passwords: keys of what is wrong, none if it may be used.
type Policy interface {
	Check(pw string, context ...string) []string
}

// Notifier writes mails (notify.Notifier).
type Notifier interface {
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
}

// Asks bounds the mails that one person has sent.
type Asks interface {
	Take(key string) (ok bool, wait time.Duration)
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Steps     *login.Module
	Rules     *Rules
	People    People
	Directory Directory
	Sessions  Sessions
	Hasher    Hasher
	Policy    Policy
	MinLength int // of a password, as the page says it; 0 is what the page has by itself
	Codes     *onetime.Codes
	Notify    Notifier
	Asks      Asks
	Tx        storage.Transactor
	Audit     Recorder
	Now       func() time.Time
}

func (d Deps) complete() bool {
	return d.Steps != nil && d.Rules != nil && d.People != nil && d.Directory != nil && d.Sessions != nil && d.Hasher != nil && d.Policy != nil && d.Codes != nil &&
		d.Notify != nil && d.Asks != nil && d.Tx != nil && d.Audit != nil && d.Now != nil
}

// Module is the page.
type Module struct{ d Deps }

// New makes the module.
func New(d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("login/required: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// Mount adds the page.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, Path, httpx.Page, m.show)
	r.Handle(http.MethodPost, Path, httpx.Page, m.take)
}

// visit is one request of the page.
type visit struct {
	c      *gin.Context
	st     *login.Step
	cur    *session.Current
	person *storage.Person // as the row stands
	form   url.Values      // nil: nothing was sent
}

func (v *visit) ctx() context.Context { return v.c.Request.Context() }
