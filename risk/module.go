package risk

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Config is what an operator may change. The zero value is the default.
type Config struct {
	Off       bool          `config:"off" default:"false" doc:"Judge nothing."`
	StepUp    float64       `config:"step_up" default:"0" doc:"Score from which a second factor is asked for; 0: 5.6, which one genuine sign-in in a thousand reached in the measurement."`
	Deny      float64       `config:"deny" default:"0" doc:"Score from which a sign-in is refused like one with a wrong password; 0: never, since others can raise the score by attacks of their own."`
	City      string        `config:"city" doc:"Path of a file of places in the MaxMind format (GeoLite2-City or -Country). Empty: places are not known: nobody is told where a sign-in came from, and impossible travel is not looked for."`
	Operators string        `config:"operators" doc:"Path of a file of network operators in the MaxMind format (GeoLite2-ASN)."`
	Verdicts  int           `config:"verdicts" default:"50" doc:"Verdicts kept of each person."`
	Keep      time.Duration `config:"keep" default:"2160h" doc:"How long a verdict is kept."`
	Sessions  SessionConfig `config:"sessions" doc:"How uses of a session after its sign-in are judged."`
}

// SessionConfig says what follows when a session or a grant is used as if by somebody else.
type SessionConfig struct {
	Authorize Mode    `config:"authorize" default:"enforce" doc:"At an authorization request and before sensitive changes to an account: enforce asks for a second factor or a new sign-in, observe only stores the verdict, off does not judge."`
	Refresh   Mode    `config:"refresh" default:"observe" doc:"At a refresh by a public client without a bound key: enforce refuses it (invalid_grant), so that the person has to sign in again; observe and off as above. People who switch a VPN on and off while they cross a border would be signed out."`
	StepUp    float64 `config:"step_up" default:"0" doc:"Score from which a session has to be proved anew; 0: 5.5, which another browser reaches and another place alone does not."`
}

// Validate refuses other words.
func (c SessionConfig) Validate() error {
	for _, m := range []Mode{c.Authorize, c.Refresh} {
		if m != "" && m != Ignore && m != Observe && m != Enforce {
			return errors.New("risk.sessions: off, observe or enforce")
		}
	}
	if c.StepUp < 0 {
		return errors.New("risk.sessions: a score must not be negative")
	}
	return nil
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	if c.StepUp < 0 || c.Verdicts < 0 || c.Keep < 0 || c.Deny < 0 || c.Deny > 0 && c.Deny < c.Thresholds().StepUp {
		return errors.New("risk: scores and numbers must not be negative, and deny not below step_up")
	}
	return c.Sessions.Validate()
}

// Thresholds are those that the configuration asks for.
func (c Config) Thresholds() Thresholds {
	t := Defaults()
	if c.StepUp > 0 {
		t.Doubt, t.StepUp = t.Doubt+c.StepUp-t.StepUp, c.StepUp
	}
	if c.Deny > 0 {
		t.Deny = c.Deny
	}
	t.Deny = max(t.Deny, t.StepUp)
	return t
}

// Engine judges uses by a table, with a threshold for where the operator has set none. Nothing is denied: proving it anew is enough.
func (c SessionConfig) Engine(rows []Row, stepUp float64) *Engine {
	if c.StepUp > 0 {
		stepUp = c.StepUp
	}
	return NewEngine(rows, Thresholds{Doubt: stepUp, StepUp: stepUp, Deny: Never})
}

// Sealer seals and opens columns (keys.Ring).
type Sealer interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Store keeps baselines and verdicts.
type Store interface {
	storage.RiskReader
	storage.RiskWriter
}

// Deps is what New needs; everything is required but Places and Forest.
type Deps struct {
	Tenant storage.ID
	Rows   []Row   // the table of checks
	Uses   *Engine // judges uses of sessions; nil: they are not judged
	Store  Store
	Ring   Sealer
	Places func(netip.Addr) Place // nil: nothing is known
	Log    *slog.Logger
	Now    func() time.Time
}

// Module judges a server's sign-ins. It is safe for concurrent use.
type Module struct {
	c       Config
	d       Deps
	engine  *Engine
	traffic *Traffic
	forest  *Forest
	uses    *Engine
	trails  *trails
	kept    atomic.Pointer[[sha256.Size]byte] // sum of the last snapshot

	mu      sync.RWMutex
	crowd   *Crowd
	news    []Sight // what the stored crowd has not heard of
	waiting []*storage.RiskVerdict
	train   sync.Mutex
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.Tenant.IsZero() || len(d.Rows) == 0 || d.Store == nil || d.Ring == nil || d.Log == nil || d.Now == nil {
		return nil, errors.New("risk: a dependency is missing")
	}
	if c.Verdicts == 0 {
		c.Verdicts = 50
	}
	c.Sessions.Authorize, c.Sessions.Refresh = cmp.Or(c.Sessions.Authorize, Enforce), cmp.Or(c.Sessions.Refresh, Observe)
	if d.Places == nil {
		d.Places = func(netip.Addr) Place { return Place{} }
	}
	if d.Uses == nil {
		c.Sessions.Authorize, c.Sessions.Refresh = Ignore, Ignore
	}
	return &Module{
		uses: d.Uses, trails: newTrails(),
		c: c, d: d, engine: NewEngine(d.Rows, c.Thresholds()), traffic: NewTraffic(), forest: NewForest(uint64(d.Now().UnixNano())), //nolint:gosec // a seed
		crowd: &Crowd{},
	}, nil
}

// Thresholds are those in force.
func (m *Module) Thresholds() Thresholds { return m.engine.Thresholds() }
