package qr

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// lifetime is how long a code waits. Whoever shows it to somebody else has no longer.
const lifetime = 3 * time.Minute

// How many may wait at once: writes of strangers are bounded.
const (
	maxPerAddress = 60
	maxWaiting    = 5000
)

const defaultFresh = 15 * time.Minute

// Config is what an operator may change.
type Config struct {
	Enabled bool          `config:"enabled" default:"false" doc:"Offer a sign-in by a phone on which the person is signed in: it scans a QR code. See the guide for what it does not protect from."`
	Fresh   time.Duration `config:"fresh" default:"15m" doc:"How long ago the phone's own sign-in may be; who signed in before that does so again. At least 1m, at most 24h."`
}

// Validate refuses what makes no sense.
func (c Config) Validate() error {
	if c.Fresh != 0 && (c.Fresh < time.Minute || c.Fresh > 24*time.Hour) {
		return errors.New("fresh is between 1m and 24h")
	}
	return nil
}

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Store keeps what waits.
type Store interface {
	storage.QRReader
	storage.QRWriter
	SpendQR(ctx context.Context, tenant, id, flow storage.ID, now time.Time, ev *storage.AuditEvent) (bool, error)
}

// Ring seals what waits, and hashes the address that it came from.
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
	Index(table, column string, value []byte) []byte
}

// Rules are what the operator wants of a session that allows a sign-in elsewhere (internal/policy).
type Rules interface {
	Vouch(ctx context.Context, cur *session.Current, clientID string) (lack policy.Lack, acr string)
}

// StepUp knows how strong a session can be made by a second factor alone; "" when there is none.
type StepUp interface {
	Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error)
}

// Failures sums wrong numbers into audit events (audit.Failures).
type Failures interface{ Add(r audit.Refusal) }

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Meter counts (telemetry.Metrics).
type Meter interface {
	AuthRequest(kind, outcome string)
	FailedLogin(factor, reason string)
}

// Deps is what New needs; everything is required but Rules.
type Deps struct {
	Steps   *login.Module
	Clients login.Clients
	People  People
	Store   Store
	Ring    Ring
	Country func(ip netip.Addr) string              // ISO 3166-1 code; "": not known
	Words   func(ip netip.Addr, lang string) string // where an address is, for people; "": not known
	// Aged says that an application wants sign-ins of a certain age without saying so in its requests (default_max_age).
	Aged     func(ctx context.Context, clientID string) (bool, error)
	StepUp   StepUp
	Rules    Rules // nil: there are none
	Failures Failures
	Audit    Recorder
	Meter    Meter
	Logger   *slog.Logger
	Now      func() time.Time
}

func (d Deps) complete() bool {
	return d.Steps != nil && d.Clients != nil && d.People != nil && d.Store != nil && d.Ring != nil && d.Country != nil && d.Words != nil && d.Aged != nil && d.StepUp != nil && d.Failures != nil &&
		d.Audit != nil && d.Meter != nil && d.Logger != nil && d.Now != nil
}

// Module is sign-in by phone.
type Module struct {
	c       Config
	d       Deps
	address *login.Attempts // codes that one network address asked for
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !d.complete() {
		return nil, errors.New("login/qr: a dependency is missing")
	}
	if c.Fresh == 0 {
		c.Fresh = defaultFresh
	}
	address, err := login.NewAttempts(login.Allowance{Free: 30, First: 10 * time.Second, Longest: 5 * time.Minute, Leak: 10 * time.Second}, d.Now)
	if err != nil {
		return nil, err
	}
	return &Module{c: c, d: d, address: address}, nil
}

// Mount adds the pages: those of the browser that asks, and those of the phone, which stand with a person's own pages.
func (m *Module) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, beginPath, httpx.Page, m.show)
	r.Handle(http.MethodPost, beginPath, httpx.Page, m.begin)
	r.Handle(http.MethodPost, usePath, httpx.Page, m.use)
	r.Handle(http.MethodGet, phonePath, httpx.Page, m.look)
	r.Handle(http.MethodPost, phonePath, httpx.Page, m.answer)
}
