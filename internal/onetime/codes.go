package onetime

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	digits     = 6
	tries      = 5  // at one code
	secretSize = 32 // of a link: there is nothing to guess
	tokenSize  = 16 + secretSize
)

// Ring seals data and hashes codes (internal/keys.Ring).
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
	MAC(purpose string, parts ...[]byte) (version int, mac []byte)
	VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool
}

var _ Ring = (*keys.Ring)(nil)

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant storage.ID
	Store  storage.Codes
	Ring   Ring
	Now    func() time.Time
}

// Codes issues and judges. It is safe for concurrent use.
type Codes struct{ d Deps }

// New returns Codes.
func New(d Deps) (*Codes, error) {
	if d.Tenant.IsZero() || d.Store == nil || d.Ring == nil || d.Now == nil {
		return nil, errors.New("onetime: a dependency is missing")
	}
	return &Codes{d: d}, nil
}

// Order is what is to be issued.
type Order struct {
	Purpose string
	Person  storage.ID // zero: somebody without an account
	Flow    storage.ID // zero: none
	Channel string
	Bound   []byte // what must still be the same when it is used (see Bound)
	Data    []byte // kept sealed; empty: none
	Life    time.Duration
	Link    bool // it has a link
	Typed   bool // it has a code
}

// Issued is what goes to the person, and nowhere else.
type Issued struct {
	ID    storage.ID
	Token string // for the link
	Code  string
	Until time.Time
}

// Issue makes a code or a link, in the transaction of ctx if there is one. Those before it for the same purpose and flow, or person, end.
func (c *Codes) Issue(ctx context.Context, o Order) (Issued, error) {
	now := c.d.Now()
	id := storage.NewID(now)
	row := &storage.Code{
		Tenant: c.d.Tenant, ID: id, Purpose: o.Purpose, Person: o.Person, Flow: o.Flow, Channel: o.Channel, CreatedAt: now, ExpiresAt: now.Add(o.Life),
	}
	out := Issued{ID: id, Until: row.ExpiresAt}
	if o.Link {
		token := append(id[:], make([]byte, secretSize)...)
		_, _ = rand.Read(token[len(id):]) // never fails since Go 1.24: it crashes the process instead
		out.Token = base64.RawURLEncoding.EncodeToString(token)
		row.HashKey, row.LinkHash = c.d.Ring.MAC(keys.OneTime, parts("link", row, token[len(id):], o.Bound)...)
	}
	if o.Typed {
		out.Code = newCode()
		row.HashKey, row.Hash = c.d.Ring.MAC(keys.OneTime, parts("code", row, []byte(out.Code), o.Bound)...)
	}
	if len(o.Data) > 0 {
		row.Data = c.d.Ring.Seal(place(row), o.Data)
	}
	return out, c.d.Store.InsertCode(ctx, row)
}

// newCode is six random decimal digits.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("onetime: no randomness") // as rand.Read does by itself
	}
	return fmt.Sprintf("%0*d", digits, n)
}

func place(c *storage.Code) seal.Location {
	return seal.Location{Table: "codes", Column: "data", Tenant: c.Tenant, Row: c.ID}
}

// parts are what a hash is over: everything that a code belongs to.
func parts(kind string, c *storage.Code, secret, bound []byte) [][]byte {
	return [][]byte{[]byte("onetime"), []byte(kind), c.Tenant[:], c.ID[:], []byte(c.Purpose), c.Person[:], c.Flow[:], secret, bound}
}

// Find looks up the code of a link; errs.NotFound for every one that works no longer or never did. It is not good before Linked says so.
func (c *Codes) Find(ctx context.Context, purpose, token string) (*storage.Code, error) {
	raw, ok := decode(token)
	if !ok {
		return nil, gone()
	}
	return c.d.Store.CodeByID(ctx, c.d.Tenant, storage.ID(raw[:16]), purpose, c.d.Now())
}

// ByID finds a code that still works, to show what it is about; errs.NotFound when there is none. Nothing is judged.
func (c *Codes) ByID(ctx context.Context, purpose string, id storage.ID) (*storage.Code, error) {
	return c.d.Store.CodeByID(ctx, c.d.Tenant, id, purpose, c.d.Now())
}

func decode(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return raw, err == nil && len(raw) == tokenSize
}

// Linked reports whether the token is the code's, and what it was bound to still stands.
func (c *Codes) Linked(code *storage.Code, token string, bound []byte) bool {
	raw, ok := decode(token)
	return ok && len(code.LinkHash) > 0 && subtle.ConstantTimeCompare(raw[:16], code.ID[:]) == 1 &&
		c.d.Ring.VerifyMAC(keys.OneTime, code.HashKey, code.LinkHash, parts("link", code, raw[16:], bound)...)
}

// Try counts an attempt at the code of a flow and returns it to be compared; errs.NotFound when there is none that may be tried. It must stand in no
// transaction that could be taken back.
func (c *Codes) Try(ctx context.Context, purpose string, flow, person storage.ID) (*storage.Code, error) {
	return c.d.Store.TryCode(ctx, storage.TryCode{Tenant: c.d.Tenant, Purpose: purpose, Flow: flow, Person: person, Most: tries, Now: c.d.Now()})
}

// TryID is Try for a code without a flow.
func (c *Codes) TryID(ctx context.Context, purpose string, id, person storage.ID) (*storage.Code, error) {
	return c.d.Store.TryCode(ctx, storage.TryCode{Tenant: c.d.Tenant, Purpose: purpose, ID: id, Person: person, Most: tries, Now: c.d.Now()})
}

// Typed reports whether what was typed is the code, and what it was bound to still stands. Spaces and dashes do not count.
func (c *Codes) Typed(code *storage.Code, typed string, bound []byte) bool {
	if len(typed) > 64 {
		return false
	}
	plain := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(typed))
	return len(code.Hash) > 0 && c.d.Ring.VerifyMAC(keys.OneTime, code.HashKey, code.Hash, parts("code", code, []byte(plain), bound)...)
}

// Spend uses the code; false when another call has, or its time is over.
func (c *Codes) Spend(ctx context.Context, id storage.ID, ev *storage.AuditEvent) (bool, error) {
	return c.d.Store.SpendCode(ctx, c.d.Tenant, id, c.d.Now(), ev)
}

// End ends every code of a person for the given purposes.
func (c *Codes) End(ctx context.Context, person storage.ID, purposes ...string) error {
	return c.d.Store.EndCodes(ctx, c.d.Tenant, person, c.d.Now(), purposes...)
}

// Data opens what was kept with a code.
func (c *Codes) Data(code *storage.Code) ([]byte, error) {
	if code.Data.IsZero() {
		return nil, nil
	}
	return c.d.Ring.Open(place(code), code.Data)
}

// Bound is what codes of a person stand on: the address, the password and the state. When one of them changes, what was sent before is dead.
func Bound(p *storage.Person) []byte {
	at := ""
	if p.PasswordChangedAt != nil {
		at = p.PasswordChangedAt.UTC().Format(time.RFC3339Nano)
	}
	return []byte(fmt.Sprintf("%x %s %s", p.EmailHash, at, p.State))
}

func gone() error { return errs.New(errs.NotFound, "This link works no longer.") }
