package setup

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// linkLifetime is how long a link works.
const linkLifetime = 24 * time.Hour

// Admins says whether an administrator exists.
type Admins interface {
	AdminExists(ctx context.Context, tenant storage.ID) (bool, error)
}

// Builder makes a person's row without storing it; errs.Invalid names a bad claim.
type Builder interface {
	Build(tenant storage.ID, n directory.NewPerson) (*storage.Person, error)
}

// Hasher makes password hashes behind a queue.
type Hasher interface {
	Hash(ctx context.Context, pw string) (phc string, err error)
}

// Policy judges new passwords: keys of what is wrong ("password.short"), none if
// it may be used.
type Policy interface {
	Check(pw string, context ...string) []string
}

// Sessions signs people in.
type Sessions interface {
	SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant storage.ID, person *storage.Person, in session.SignIn) (*session.Current, error)
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

// LinkDeps is what NewLinks needs; a command line has no more.
type LinkDeps struct {
	Tenant storage.ID
	Issuer string // the issuer's URL without a trailing slash
	Links  storage.SetupLinks
	Admins Admins
	Now    func() time.Time
}

// Deps is what New needs; everything is required.
type Deps struct {
	Links     *Links
	People    Builder
	Hasher    Hasher
	Policy    Policy
	MinLength int // of a password, as the page says it; 0 is what the page has by itself
	Sessions  Sessions
	Pages     *web.Renderer
	Forms     Forms
	Audit     Recorder
}

func (d LinkDeps) complete() bool {
	return !d.Tenant.IsZero() && d.Issuer != "" && !strings.HasSuffix(d.Issuer, "/") && d.Links != nil && d.Admins != nil && d.Now != nil
}

func (d Deps) complete() bool {
	return d.Links != nil && d.People != nil && d.Hasher != nil && d.Policy != nil && d.Sessions != nil && d.Pages != nil &&
		d.Forms != nil && d.Audit != nil
}

// Module is the set-up page.
type Module struct{ d Deps }

// New makes the module.
func New(d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("admin/setup: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// Mount adds the page.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, "/setup", httpx.Page, m.show)
	r.Handle(http.MethodPost, "/setup", httpx.Page, m.complete)
}
