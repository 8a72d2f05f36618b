package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	count    = 10
	length   = 10                                 // characters: 50 random bits
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's: no letter looks like a digit
)

// Ring makes keyed hashes (internal/keys.Ring).
type Ring interface {
	Index(table, column string, value []byte) []byte
	Indexes(table, column string, value []byte) [][]byte
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Codes storage.BackupCodes
	Ring  Ring
	Audit Recorder
	Now   func() time.Time
}

// Module is sign-in with backup codes.
type Module struct{ d Deps }

var _ login.Second = (*Module)(nil)

// New makes the module.
func New(d Deps) (*Module, error) {
	if d.Codes == nil || d.Ring == nil || d.Audit == nil || d.Now == nil {
		return nil, errors.New("login/backup: a dependency is missing")
	}
	return &Module{d: d}, nil
}

// Kind implements login.Second.
func (*Module) Kind() string { return storage.KindBackup }

// Offer implements login.Second.
func (m *Module) Offer(ctx context.Context, p *storage.Person, _ login.Proof) (*login.Offer, error) {
	left, _, err := m.Left(ctx, p)
	if err != nil || left == 0 {
		return nil, err
	}
	return &login.Offer{ACR: assurance.Two}, nil
}

// Verify implements login.Second.
func (m *Module) Verify(c *gin.Context, h *login.Half, form url.Values) (login.Outcome, error) {
	code, ok := clean(form.Get(login.FieldCode))
	if !ok {
		return login.Outcome{Reason: "wrong"}, nil
	}
	ctx, p := c.Request.Context(), h.Person
	ok, err := m.d.Codes.SpendBackupCode(ctx, p.Tenant, p.ID, m.d.Ring.Indexes(storage.BackupCode{}.TableName(), "hash", value(p, code)), m.d.Now(),
		m.event(ctx, p, audit.BackupCodesUse))
	return login.Outcome{OK: ok, AMR: []string{"otp"}, Reason: "wrong"}, err
}

// Left is how many codes a person has not used yet, and how many they were given.
func (m *Module) Left(ctx context.Context, p *storage.Person) (left, of int, err error) {
	codes, err := m.d.Codes.BackupCodesOf(ctx, p.Tenant, p.ID)
	for _, c := range codes {
		if c.UsedAt == nil {
			left++
		}
	}
	return left, len(codes), err
}

// Make gives a person a new set; the old one is dead at once. What it returns is kept nowhere.
func (m *Module) Make(ctx context.Context, p *storage.Person) ([]string, error) {
	now := m.d.Now()
	shown, rows := make([]string, count), make([]storage.BackupCode, count)
	for i := range rows {
		code := fresh()
		shown[i] = code[:length/2] + "-" + code[length/2:]
		rows[i] = storage.BackupCode{
			Tenant: p.Tenant, ID: storage.NewID(now), Person: p.ID, CreatedAt: now, Hash: m.d.Ring.Index(storage.BackupCode{}.TableName(), "hash", value(p, code)),
		}
	}
	return shown, m.d.Codes.ReplaceBackupCodes(ctx, p.Tenant, p.ID, rows, m.event(ctx, p, audit.BackupCodesCreate))
}

func (m *Module) event(ctx context.Context, p *storage.Person, typ string) *storage.AuditEvent {
	return m.d.Audit.Row(ctx, p.Tenant, audit.Event{
		Type: typ, Severity: audit.Notice, ActorKind: audit.Person, Actor: p.ID.String(), Target: "person:" + p.ID.String(),
	})
}

// value is what is hashed: the code is this person's alone.
func value(p *storage.Person, code string) []byte { return append(p.ID[:len(p.ID):len(p.ID)], code...) }

func fresh() string {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails since Go 1.24: it crashes the process instead
	for i := range b {
		b[i] = alphabet[b[i]%byte(len(alphabet))]
	}
	return string(b)
}

// clean is the one spelling of what was typed: without spaces and dashes, in lower case, the letters that look like digits read as those.
func clean(typed string) (string, bool) {
	typed = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '-':
			return -1
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		}
		switch r {
		case 'o':
			return '0'
		case 'i', 'l':
			return '1'
		}
		return r
	}, typed)
	return typed, len(typed) == length && !strings.ContainsFunc(typed, func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
}
