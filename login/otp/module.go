package otp

import (
	"context"
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Kinds of factors, as forms, counters and events name them.
const (
	KindSMS  = "sms"
	KindMail = "mail"
)

const (
	lifetime = 10 * time.Minute
	most     = 1 // factors of a kind: a new number takes the place of the old one
)

// Config says which codes are in use. Both are off: neither mailbox nor telephone network is as good as an app or a passkey.
type Config struct {
	Mail bool `config:"mail" default:"false" doc:"Codes by mail as a second factor. Whoever can read the mailbox can also set a new password: this helps against stolen passwords only."`
	SMS  bool `config:"sms" default:"false" doc:"Codes by text message as a second factor. Needs sms.provider and sms.countries."`
}

// On reports whether codes of the kind are in use.
func (c Config) On(kind string) bool { return kind == KindSMS && c.SMS || kind == KindMail && c.Mail }

// Store keeps factors.
type Store interface {
	storage.Transactor
	storage.FactorReader
	storage.FactorSpender
	InsertFactor(ctx context.Context, f *storage.Factor, limit int, ev *storage.AuditEvent) error
	DeleteFactor(ctx context.Context, tenant, person, id storage.ID, ev *storage.AuditEvent) error
}

// Ring seals where codes go to (internal/keys.Ring).
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Notifier sends codes (notify.Notifier).
type Notifier interface {
	Number(typed string) (e164 string, err error)
	Text(ctx context.Context, m notify.SMS, keep func(ctx context.Context) error) (sent bool, err error)
	Request(ctx context.Context, r notify.Request, send func(ctx context.Context) error) (sent bool, err error)
	Send(ctx context.Context, m notify.Mail) error
}

// Directory opens and changes profiles.
type Directory interface {
	Claims(p *storage.Person) (directory.Claims, error)
	Update(ctx context.Context, tenant, id storage.ID, u directory.UpdatePerson, actor directory.Actor) (*storage.Person, error)
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Deps is what New needs; everything is required.
type Deps struct {
	Store     Store
	Codes     *onetime.Codes
	Ring      Ring
	Notify    Notifier
	Directory Directory
	Audit     Recorder
	Pages     *web.Renderer // says in which language a request is answered
	Now       func() time.Time
}

// Module is sign-in with codes that are sent.
type Module struct {
	c Config
	d Deps
}

// New makes the module.
func New(c Config, d Deps) (*Module, error) {
	if d.Store == nil || d.Codes == nil || d.Ring == nil || d.Notify == nil || d.Directory == nil || d.Audit == nil || d.Pages == nil || d.Now == nil {
		return nil, errors.New("login/otp: a dependency is missing")
	}
	return &Module{c: c, d: d}, nil
}

// Kinds lists what is in use, the better first.
func (m *Module) Kinds() []string {
	var out []string
	for _, kind := range []string{KindSMS, KindMail} {
		if m.c.On(kind) {
			out = append(out, kind)
		}
	}
	return out
}

// own is the person's factor of a kind; nil: there is none.
func (m *Module) own(ctx context.Context, p *storage.Person, kind string) (*storage.Factor, error) {
	all, err := m.d.Store.FactorsOf(ctx, p.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Kind == kind && all[i].State == storage.FactorConfirmed {
			return &all[i], nil
		}
	}
	return nil, nil
}

// address is where the codes of a factor go to.
func (m *Module) address(f *storage.Factor) (string, error) {
	raw, err := m.d.Ring.Open(place(f, "secret"), f.Secret)
	return string(raw), err
}

func place(f *storage.Factor, column string) seal.Location {
	return seal.Location{Table: f.TableName(), Column: column, Tenant: f.Tenant, Row: f.ID}
}

// message is a code on its way.
type message struct {
	kind, to, lang, app string
	order               onetime.Order
}

// send makes a code and has it sent, in one transaction; false: nothing was made, since too many were sent.
func (m *Module) send(ctx context.Context, s message) (id storage.ID, sent bool, err error) {
	s.order.Channel, s.order.Life, s.order.Typed = s.kind, lifetime, true
	if s.kind != KindMail { // a factor by text message, or the number of the profile
		return m.text(ctx, s)
	}
	sent, err = m.d.Notify.Request(ctx, notify.Request{Kind: web.MailCode, To: s.to, Known: true}, func(ctx context.Context) error {
		code, err := m.d.Codes.Issue(ctx, s.order)
		if err != nil {
			return err
		}
		id = code.ID
		return m.d.Notify.Send(ctx, notify.Mail{
			To: s.to, Until: code.Until, Mail: web.Mail{Kind: web.MailCode, Lang: s.lang, App: s.app, Code: code.Code, Valid: lifetime},
		})
	})
	return id, sent, err
}

// errNotSent takes back a code that does not go out: the one before it stays good.
var errNotSent = errors.New("login/otp: not sent")

func (m *Module) text(ctx context.Context, s message) (id storage.ID, sent bool, err error) {
	err = m.d.Store.InTx(ctx, func(ctx context.Context) error {
		code, err := m.d.Codes.Issue(ctx, s.order)
		if err != nil {
			return err
		}
		id = code.ID
		sent, err = m.d.Notify.Text(ctx, notify.SMS{To: s.to, Until: code.Until, SMS: web.SMS{Lang: s.lang, App: s.app, Code: code.Code}},
			func(context.Context) error { return nil })
		if err == nil && !sent {
			err = errNotSent
		}
		return err
	})
	if errors.Is(err, errNotSent) {
		return id, false, nil
	}
	return id, sent && err == nil, err
}
