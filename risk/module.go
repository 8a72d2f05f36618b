package risk

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Config is what an operator may change. The zero value is the default.
type Config struct {
	Off       bool          `config:"off" default:"false" doc:"Judge nothing."`
	StepUp    float64       `config:"step_up" default:"0" doc:"Score from which a second factor is asked for; 0: 5.6, which one genuine sign-in in a thousand reached in the measurement."`
	Deny      float64       `config:"deny" default:"0" doc:"Score from which a sign-in is refused like one with a wrong password; 0: never, since others can raise the score by attacks of their own."`
	City      string        `config:"city" doc:"Path of a file of places in the MaxMind format (GeoLite2-City or -Country). Empty: places are not known, and impossible travel is not looked for."`
	Operators string        `config:"operators" doc:"Path of a file of network operators in the MaxMind format (GeoLite2-ASN)."`
	Verdicts  int           `config:"verdicts" default:"50" doc:"Verdicts kept of each person."`
	Keep      time.Duration `config:"keep" default:"2160h" doc:"How long a verdict is kept."`
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	if c.StepUp < 0 || c.Verdicts < 0 || c.Keep < 0 || c.Deny < 0 || c.Deny > 0 && c.Deny < c.Thresholds().StepUp {
		return errors.New("risk: scores and numbers must not be negative, and deny not below step_up")
	}
	return nil
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
	Rows   []Row // the table of checks
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

	mu    sync.RWMutex
	crowd *Crowd
	news  []Sight // what the stored crowd has not heard of
	train sync.Mutex
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
	if d.Places == nil {
		d.Places = func(netip.Addr) Place { return Place{} }
	}
	return &Module{
		c: c, d: d, engine: NewEngine(d.Rows, c.Thresholds()), traffic: NewTraffic(), forest: NewForest(uint64(d.Now().UnixNano())), //nolint:gosec // a seed
		crowd: &Crowd{},
	}, nil
}

// Thresholds are those in force.
func (m *Module) Thresholds() Thresholds { return m.engine.Thresholds() }
