package notify

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Kinds of messages in the outbox.
const (
	MailKind = "mail"
	SMSKind  = "sms"
)

// Ring seals payloads and hashes recipients (internal/keys.Ring).
type Ring interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	FirstMAC(purpose string, parts ...[]byte) []byte
}

var _ Ring = (*keys.Ring)(nil)

// Store keeps messages and counts.
type Store interface {
	storage.Transactor
	storage.Allowances
	InsertOutbox(ctx context.Context, ms ...*storage.OutboxMessage) error
}

// Deps is what New needs; everything is required.
type Deps struct {
	Tenant storage.ID
	Issuer string // without a trailing slash; every link begins with it
	Store  Store
	Ring   Ring
	Now    func() time.Time
}

// Notifier writes messages into the outbox. It is safe for concurrent use.
type Notifier struct {
	d    Deps
	mail MailConfig
	sms  SMSConfig
}

// New makes a notifier.
func New(m MailConfig, s SMSConfig, d Deps) (*Notifier, error) {
	if d.Tenant.IsZero() || d.Issuer == "" || strings.HasSuffix(d.Issuer, "/") || d.Store == nil || d.Ring == nil || d.Now == nil {
		return nil, errors.New("notify: a dependency is missing")
	}
	if err := errors.Join(m.Validate(), s.Validate()); err != nil {
		return nil, err
	}
	return &Notifier{d: d, mail: m, sms: s}, nil
}

// Mail is a mail to be sent.
type Mail struct {
	To    string
	Path  string    // path and query of the link, below the issuer; empty: no link
	Until time.Time // it is pointless after that: link and code have ended; zero: never
	web.Mail
}

// mailPayload is what the outbox keeps, sealed.
type mailPayload struct {
	To    string    `json:"to"`
	Until time.Time `json:"until,omitzero"`
	Mail  web.Mail  `json:"mail"`
}

// Send writes a mail into the outbox, in the transaction of ctx if there is one. It counts nothing: see Request and Tell. errs.Invalid when the
// recipient's address is none.
func (n *Notifier) Send(ctx context.Context, m Mail) error {
	box, err := mailbox(m.To)
	if err != nil {
		return err
	}
	p := mailPayload{To: m.To, Until: m.Until, Mail: m.Mail}
	p.Mail.Link = ""
	if m.Path != "" {
		p.Mail.Link = n.d.Issuer + m.Path
	}
	return n.write(ctx, MailKind, box, p)
}

// write adds a message. Its target is a keyed hash: those of one recipient keep their order.
func (n *Notifier) write(ctx context.Context, kind, recipient string, payload any) error {
	target := hex.EncodeToString(n.d.Ring.FirstMAC(keys.OneTime, []byte("recipient"), []byte(kind), []byte(recipient))[:16])
	m, err := outbox.Compose(n.d.Ring, n.d.Now(), outbox.Draft{Tenant: n.d.Tenant, Kind: kind, Target: target, Payload: payload})
	if err != nil {
		return err
	}
	return n.d.Store.InsertOutbox(ctx, m)
}
