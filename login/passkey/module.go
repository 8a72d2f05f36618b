package passkey

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Store keeps passkeys.
type Store interface {
	storage.PasskeyReader
	storage.PasskeyWriter
	storage.PasskeyUser
}

// Replays is the ledger of what was used once.
type Replays interface {
	SpendOnce(ctx context.Context, r *storage.Replay) (bool, error)
}

// People finds people by row id; errs.NotFound for nobody.
type People interface {
	PersonByID(ctx context.Context, tenant, id storage.ID) (*storage.Person, error)
}

// Second knows who has a second factor of another kind (login.Seconds).
type Second interface {
	Has(ctx context.Context, p *storage.Person) (bool, error)
}

// Ring signs challenges and seals names (internal/keys.Ring).
type Ring interface {
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
	FirstMAC(purpose string, parts ...[]byte) []byte
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

var _ Ring = (*keys.Ring)(nil)

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

// Deps is what New needs; everything is required.
type Deps struct {
	Steps    *login.Module
	Offer    *Offer
	Store    Store
	Replays  Replays
	People   People
	Second   Second
	Ring     Ring
	Failures Failures
	Audit    Recorder
	Meter    Meter
	Product  string // whom the browser says that a passkey is for
	Logger   *slog.Logger
	Now      func() time.Time
}

func (d Deps) complete() bool {
	return d.Steps != nil && d.Offer != nil && d.Store != nil && d.Replays != nil && d.People != nil && d.Second != nil && d.Ring != nil && d.Failures != nil && d.Audit != nil &&
		d.Meter != nil && d.Product != "" && d.Logger != nil && d.Now != nil
}

// Module is sign-in by passkey, and a person's own passkeys.
type Module struct {
	c     Config
	d     Deps
	party Party
	roots *x509.CertPool
	makes [][16]byte
}

// New makes the module for a party that Settle has decided; with the zero Party it has no routes.
func New(c Config, p Party, d Deps) (*Module, error) {
	if !d.complete() {
		return nil, errors.New("login/passkey: a dependency is missing")
	}
	m := &Module{c: c, d: d, party: p}
	var err error
	if m.roots, err = c.roots(); err != nil {
		return nil, err
	}
	if m.makes, err = c.makes(); err != nil {
		return nil, fmt.Errorf("login/passkey: aaguids: %w", err)
	}
	return m, nil
}

// Mount adds the routes.
func (m *Module) Mount(r httpx.Router) {
	if !m.On() {
		return
	}
	r.Handle(http.MethodGet, "/login/passkey/options", httpx.Page, m.signInOptions)
	r.Handle(http.MethodPost, "/login/passkey", httpx.Page, m.signIn)
	r.Handle(http.MethodGet, offerPath, httpx.Page, m.showOffer)
	r.Handle(http.MethodPost, offerPath, httpx.Page, m.answerOffer)
	r.Handle(http.MethodGet, ownPath, httpx.Page, m.list)
	r.Handle(http.MethodPost, ownPath, httpx.Page, m.add)
	r.Handle(http.MethodGet, ownPath+"/options", httpx.Page, m.creationOptions)
	r.Handle(http.MethodPost, ownPath+"/:id", httpx.Page, m.rename)
	r.Handle(http.MethodGet, ownPath+"/:id/remove", httpx.Page, m.askRemove)
	r.Handle(http.MethodPost, ownPath+"/:id/remove", httpx.Page, m.remove)
	if len(m.c.RelatedOrigins) > 0 {
		r.Handle(http.MethodGet, "/.well-known/webauthn", httpx.Document, m.related)
	}
}

// On says whether people may have passkeys.
func (m *Module) On() bool { return m.party.ID != "" }

// handle is a person's user handle: the same for ever, and nothing that anybody else could make (section 14.6.1).
func (m *Module) handle(person storage.ID) []byte {
	return m.d.Ring.FirstMAC(keys.Sessions, []byte("passkey user handle"), person[:])
}

func target(id storage.ID) string { return "passkey:" + id.String() }

func nameAt(p *storage.Passkey) seal.Location {
	return seal.Location{Table: p.TableName(), Column: "name", Tenant: p.Tenant, Row: p.ID}
}

func size(s string) string { return fmt.Sprintf("%d bytes", len(s)) }

func presence(there bool) string {
	if there {
		return "another"
	}
	return "none"
}
