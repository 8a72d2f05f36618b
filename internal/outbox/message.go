package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Message is what a handler gets.
type Message struct {
	Tenant, ID   storage.ID
	Kind, Target string
	Payload      []byte // JSON
	Attempt      int    // 1, 2, …
	CreatedAt    time.Time
}

// Handler delivers messages of one kind. It may see a message twice, and must end when ctx does. An error is tried again later, not before its
// errs.Error.RetryAfter; its public message becomes the status in the delivery log. Permanent says that trying again is pointless.
type Handler interface {
	Deliver(ctx context.Context, m Message) error
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(ctx context.Context, m Message) error

// Deliver implements Handler.
func (f HandlerFunc) Deliver(ctx context.Context, m Message) error { return f(ctx, m) }

var errPermanent = errors.New("outbox: permanent")

// Permanent marks an error that no later attempt can mend: the message is dead at once.
func Permanent(err error) error { return fmt.Errorf("%w: %w", errPermanent, err) }

// Sealer seals payloads; *keys.Ring is one.
type Sealer interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
}

// Draft is a message to be written.
type Draft struct {
	Tenant    storage.ID
	Kind      string
	Target    string    // an id, never personal data: messages of one kind and target keep their order; empty: none to keep
	Payload   any       // becomes JSON
	NotBefore time.Time // zero: at once
}

// Compose makes a row for storage.OutboxWriter or a command that carries messages.
func Compose(s Sealer, now time.Time, d Draft) (*storage.OutboxMessage, error) {
	body, err := json.Marshal(d.Payload)
	if err != nil {
		return nil, fmt.Errorf("outbox: %s: %w", d.Kind, err)
	}
	id := storage.NewID(now)
	m := &storage.OutboxMessage{
		Tenant: d.Tenant, ID: id, Kind: d.Kind, Target: d.Target, Payload: s.Seal(at(d.Tenant, id), body), State: storage.OutboxWaiting,
		NextAt: now, CreatedAt: now,
	}
	if d.NotBefore.After(now) {
		m.NextAt = d.NotBefore
	}
	return m, nil
}

func at(tenant, id storage.ID) seal.Location {
	return seal.Location{Table: "outbox", Column: "payload", Tenant: tenant, Row: id}
}
