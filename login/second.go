package login

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// The fields of the form that second factors read.
const (
	FieldCode       = "code"
	FieldCredential = "credential" // what an authenticator has signed
)

// Second is a factor that can follow a first one: a plug-in of its own. internal/app lists them, the best first.
type Second interface {
	// Kind is a word for forms, counters and events: totp, backup.
	Kind() string
	// Offer says what the person could prove beside first; nil: nothing of this kind.
	Offer(ctx context.Context, p *storage.Person, first Proof) (*Offer, error)
	// Verify judges what was typed and spends it, in one conditional statement that forgets the person's failures of the kind too. The try was counted
	// before. Whatever is wrong with it, the outcome is the same.
	Verify(c *gin.Context, h *Half, form url.Values) (Outcome, error)
}

// Sent is a second factor whose code is sent when the person asks for it.
type Sent interface {
	Second
	// Where is what the person knows the phone or mailbox by; it gives nothing away to others.
	Where(ctx context.Context, p *storage.Person) (string, error)
	// Send sends a new code for this sign-in, which ends the one before; false: too many were sent.
	Send(c *gin.Context, h *Half) (bool, error)
}

// Offer is a second factor that a person has.
type Offer struct {
	Alone  bool   // whoever has it is always asked for a second factor
	Able   bool   // it can be stepped up with, though nobody is asked because of it; neither of the two: it only stands in for another one
	Signed bool   // by an authenticator, in FieldCredential: there is nothing to guess, so its tries are not counted
	ACR    string // the class that a sign-in with it reaches
}

// Outcome is what became of a try.
type Outcome struct {
	OK     bool
	AMR    []string // RFC 8176, of this factor alone
	ACR    string   // the class that this use reached; "" for the offer's
	Reason string   // code for the log: wrong, spent
}

// Half is a sign-in whose first factor is proved. It is no session: nothing but the second step takes it.
type Half struct {
	Step   *Step
	Person *storage.Person // as they are now
	First  Proof
	Since  time.Time // when an earlier session proved the first factor, this one or that of a phone; zero: it was proved for this flow
	token  string

	score   float64 // what risk made of the first factor
	doubted bool
}

// Tries counts tries durably (storage.FactorTries).
type Tries interface {
	TakeTry(ctx context.Context, cmd storage.TakeTry, ev *storage.AuditEvent) (ok bool, wait time.Duration, err error)
}

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Failures sums refused tries into audit events (audit.Failures).
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

// SecondDeps is what NewSeconds needs; everything is required.
type SecondDeps struct {
	Factors  []Second // the best first
	People   People
	Tries    Tries
	Failures Failures
	Audit    Recorder
	Meter    Meter
	Logger   *slog.Logger
	Now      func() time.Time
}

// Seconds are the second factors of this server.
type Seconds struct {
	d SecondDeps
	c SecondConfig
}

// SecondConfig is how many wrong codes a factor bears. A zero setting is the default.
type SecondConfig struct {
	Free    int           `config:"free" default:"5" doc:"Wrong codes of one kind in a row without a wait, at most 10. Only a right code ends the row, not another sign-in, browser or restart."`
	First   time.Duration `config:"first_wait" default:"1m" doc:"The wait after those. It doubles with each further wrong code."`
	Longest time.Duration `config:"longest_wait" default:"1h" doc:"The longest wait."`
}

// Validate refuses what would let codes be guessed.
func (c SecondConfig) Validate() error {
	c = c.withDefaults()
	if c.Free < 1 || c.Free > 10 || c.First < 30*time.Second || c.Longest < c.First {
		return errors.New("a second factor bears 1 to 10 wrong codes, then waits of half a minute or more that grow")
	}
	return nil
}

func (c SecondConfig) withDefaults() SecondConfig {
	if c.Free == 0 {
		c.Free = 5
	}
	if c.First == 0 {
		c.First = time.Minute
	}
	if c.Longest == 0 {
		c.Longest = max(time.Hour, c.First)
	}
	return c
}

// NewSeconds makes them.
func NewSeconds(c SecondConfig, d SecondDeps) (*Seconds, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if d.People == nil || d.Tries == nil || d.Failures == nil || d.Audit == nil || d.Meter == nil || d.Logger == nil || d.Now == nil {
		return nil, errors.New("login: a dependency of second factors is missing")
	}
	return &Seconds{d: d, c: c.withDefaults()}, nil
}

// offered is a factor with its offer.
type offered struct {
	Second
	Offer
}

// offers lists what the person could prove beside first. Where all of them only stand in for others there is none: backup codes are no factor of
// their own.
func (s *Seconds) offers(ctx context.Context, p *storage.Person, first Proof) ([]offered, error) {
	var out []offered
	own := false
	for _, f := range s.d.Factors {
		o, err := f.Offer(ctx, p, first)
		if err != nil {
			return nil, err
		}
		if o != nil {
			out, own = append(out, offered{f, *o}), own || o.Alone || o.Able
		}
	}
	if !own {
		return nil, nil
	}
	return out, nil
}

// asked says whether the person has to show one of these after a first factor.
func asked(all []offered) bool {
	return slices.ContainsFunc(all, func(o offered) bool { return o.Alone })
}

// Reach is the best class that the person of a session could step up to; "" when there is nothing to step up with.
func (s *Seconds) Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error) {
	all, err := s.offers(ctx, p, Proof{ACR: cur.ACR, AMR: cur.AMR})
	best := ""
	for _, o := range all {
		best = assurance.Stronger(best, o.ACR)
	}
	return best, err
}

// Has says whether the person has a second factor, be they asked for it at each sign-in or not.
func (s *Seconds) Has(ctx context.Context, p *storage.Person) (bool, error) {
	all, err := s.offers(ctx, p, Proof{ACR: assurance.One})
	return len(all) > 0, err
}

// join is what both steps have shown together.
func (h *Half) join(o offered, out Outcome) session.SignIn {
	return session.SignIn{
		ACR: assurance.Stronger(h.First.ACR, assurance.Stronger(assurance.Two, cmp.Or(out.ACR, o.ACR))), AMR: assurance.Join(h.First.AMR, out.AMR),
		Kind: h.First.Kind + "+" + o.Kind(), Since: h.Since, Until: h.First.Until, Link: h.First.Link, Upstream: h.First.Upstream, Replaces: h.Step.Current, Beside: h.Step.Flow.Beside,
	}
}
