package totp

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Store keeps factors.
type Store interface {
	storage.FactorReader
	storage.FactorSpender
	InsertFactor(ctx context.Context, f *storage.Factor, limit int, ev *storage.AuditEvent) error
	ConfirmFactor(ctx context.Context, cmd storage.ConfirmFactor, ev *storage.AuditEvent) (bool, error)
}

// Ring seals secrets (internal/keys.Ring).
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Store  Store
	Ring   Ring
	Audit  Recorder
	Issuer string // what apps show above the code: the name of this service
	Now    func() time.Time
}

// Module is sign-in with an authenticator app.
type Module struct{ d Deps }

var _ login.Second = (*Module)(nil)

// New makes the module.
func New(d Deps) (*Module, error) {
	if d.Store == nil || d.Ring == nil || d.Audit == nil || d.Issuer == "" || d.Now == nil {
		return nil, errors.New("login/totp: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// Kind implements login.Second.
func (*Module) Kind() string { return storage.KindTOTP }

// Offer implements login.Second.
func (m *Module) Offer(ctx context.Context, p *storage.Person, _ login.Proof) (*login.Offer, error) {
	own, err := m.confirmed(ctx, p)
	if err != nil || len(own) == 0 {
		return nil, err
	}
	return &login.Offer{Alone: true, ACR: assurance.Two}, nil
}

// Verify implements login.Second.
func (m *Module) Verify(c *gin.Context, h *login.Half, form url.Values) (login.Outcome, error) {
	ctx, wrong := c.Request.Context(), login.Outcome{Reason: "wrong"}
	typed, ok := clean(form.Get(login.FieldCode))
	if !ok {
		return wrong, nil
	}
	own, err := m.confirmed(ctx, h.Person)
	if err != nil {
		return wrong, err
	}
	for i := range own {
		f := &own[i]
		secret, err := m.d.Ring.Open(at(f), f.Secret)
		if err != nil {
			return wrong, err
		}
		step, ok := match(secret, typed, m.d.Now(), f.LastStep)
		if !ok {
			continue
		}
		first, err := m.d.Store.SpendStep(ctx, storage.SpendStep{Tenant: f.Tenant, Person: f.Person, Factor: f.ID, Kind: f.Kind, Step: step, Now: m.d.Now()})
		return login.Outcome{OK: first, AMR: []string{"otp"}, Reason: "spent"}, err
	}
	return wrong, nil
}

func (m *Module) confirmed(ctx context.Context, p *storage.Person) ([]storage.Factor, error) {
	all, err := m.d.Store.FactorsOf(ctx, p.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	var own []storage.Factor
	for _, f := range all {
		if f.Kind == storage.KindTOTP && f.State == storage.FactorConfirmed {
			own = append(own, f)
		}
	}
	return own, nil
}

// at is where a factor's secret lives.
func at(f *storage.Factor) seal.Location {
	return seal.Location{Table: f.TableName(), Column: "secret", Tenant: f.Tenant, Row: f.ID}
}
