package session

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Defaults of Config.
const (
	DefaultIdle     = 12 * time.Hour
	DefaultAbsolute = 30 * 24 * time.Hour
)

// cached is how many sessions, and how many people, are kept in memory; one takes about 1 KB.
const cached = 4096

// touchEvery is how often LastSeenAt is written at most.
const touchEvery = time.Minute

// Config is what an operator may change.
type Config struct {
	Idle     time.Duration // a session ends when unused for so long; 0: 12 hours
	Absolute time.Duration // a session ends so long after the sign-in that made it; 0: 30 days
	Watched  bool          // scripts of the issuer see whether the sign-in is still the same (OpenID Connect Session Management)
}

// Validate refuses limits that contradict each other.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Idle < 2*touchEvery:
		return errors.New("session: the idle limit must be two minutes or more")
	case c.Absolute < c.Idle:
		return errors.New("session: the absolute limit must not be shorter than the idle limit")
	case c.Absolute > 400*24*time.Hour:
		return errors.New("session: the absolute limit must not exceed 400 days")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Idle == 0 {
		c.Idle = DefaultIdle
	}
	if c.Absolute == 0 {
		c.Absolute = DefaultAbsolute
	}
	return c
}

// Cookies reads and writes cookies on the wire (internal/httpx.Cookies). Two of one name are ambiguous: Read says there is none (SE06). Read sees
// what was written or removed in the same request.
type Cookies interface {
	Read(r *http.Request, name httpx.Cookie) (value string, ok bool)
	Write(ctx context.Context, w http.ResponseWriter, name httpx.Cookie, value string, life time.Duration)
	Remove(ctx context.Context, w http.ResponseWriter, name httpx.Cookie)
}

// Ring signs cookies, and seals and opens the device of a session (internal/keys.Ring).
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
	FirstMAC(purpose string, parts ...[]byte) []byte
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Recorder makes audit rows (internal/audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

var (
	_ Cookies  = httpx.Cookies{}
	_ Ring     = (*keys.Ring)(nil)
	_ Recorder = (*audit.Recorder)(nil)
)

// Deps is what a Manager needs.
type Deps struct {
	Tenant  storage.ID // whose keys Ring holds
	Reader  storage.SessionReader
	Writer  storage.SessionWriter
	People  storage.PersonReader
	Ring    Ring
	Audit   Recorder
	Own     OwnStore // for Own, End and EndAll
	Cookies Cookies
	Limits  Limits      // nil: the same limits for everybody
	Feed    *cache.Feed // tells of changes by any process; nil: every read goes to the database
	Now     func() time.Time
	Log     *slog.Logger // nil: slog's default
}

// Limits are the operator's rules for how long a session lasts: unused, and altogether; 0: as configured. An error means that there is no session.
type Limits interface {
	SessionLimits(ctx context.Context, person *storage.Person, acr string, amr []string) (idle, absolute time.Duration, err error)
}

// Manager keeps sessions. It is safe for concurrent use.
type Manager struct {
	d        Deps
	c        Config
	sessions func(ctx context.Context, id storage.ID) (*entry, error)
	people   func(ctx context.Context, id storage.ID) (*storage.Person, error)
}

// New returns a Manager.
func New(d Deps, c Config) *Manager {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	m := &Manager{d: d, c: c.withDefaults()}
	m.sessions, m.people = m.load, m.person
	if d.Feed != nil {
		m.sessions = cache.New(d.Feed, cached, m.load, touches(storage.ChangeSession)).Get
		m.people = cache.New(d.Feed, cached, m.person, touches(storage.ChangePerson)).Get
	}
	return m
}

// touches drops the row that a change of the kind names, or all when it names none.
func touches(kind string) func(storage.Change) (id storage.ID, one, all bool) {
	return func(ch storage.Change) (id storage.ID, one, all bool) {
		if ch.Kind != kind {
			return id, false, false
		}
		if len(ch.Ref) != len(id) {
			return id, false, true
		}
		copy(id[:], ch.Ref)
		return id, true, false
	}
}

// Current is who is signed in.
type Current struct {
	Session *storage.Session
	Person  *storage.Person
}
