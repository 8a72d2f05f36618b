package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// OutboxState is where a message stands.
type OutboxState string

// States of a message.
const (
	OutboxWaiting   OutboxState = "waiting" // also while it is being delivered
	OutboxDelivered OutboxState = "delivered"
	OutboxDead      OutboxState = "dead" // given up; kept for a while, and may be sent again by hand
)

// OutboxMessage is something to tell another server, written in the transaction of what it tells. Nobody's personal data stands outside Payload.
type OutboxMessage struct {
	Tenant     ID        `gorm:"primaryKey"`
	ID         ID        `gorm:"primaryKey"`
	Kind       string    // who delivers it: backchannel_logout, ciba_ping…
	Target     string    // an id: messages of one kind and target go one after the other, in the order of their ids; empty: in no order
	Payload    seal.Text // JSON, sealed at ("outbox", "payload", tenant, id); NULL once delivered
	State      OutboxState
	Attempts   int        // begun
	NextAt     time.Time  // not before
	Owner      ID         // who is delivering it
	LeaseUntil *time.Time // until when; after that it is somebody else's turn
	Status     string     // how the last attempt ended, in words for an operator
	CreatedAt  time.Time
	DoneAt     *time.Time // delivered or dead
}

// TableName names the table.
func (OutboxMessage) TableName() string { return "outbox" }

// ClaimOutbox leases what is due.
type ClaimOutbox struct {
	Owner ID       // of the lease: a fresh id for each claim
	Kinds []string // that the caller can deliver; the rest waits for somebody who can
	Now   time.Time
	Until time.Time // end of the lease
	Limit int
}

// FinishOutbox ends an attempt. Only the owner of a message that is still leased or unclaimed since can do so.
type FinishOutbox struct {
	Tenant, ID, Owner ID
	State             OutboxState // delivered, dead, or waiting: to be tried again at NextAt
	Status            string
	Attempts          int
	NextAt            time.Time // for waiting
	Now               time.Time
	Until             time.Time // not zero: lease the target's next message until then, if it is due
}

// OutboxFilter narrows a listing; zero fields match all.
type OutboxFilter struct {
	Kind   string
	Target string
	State  OutboxState
	After  ID // messages with a greater id; with Newest, a smaller one
	Limit  int
	Newest bool
}

// OutboxWriter adds messages. Commands that end something carry theirs as data.
type OutboxWriter interface {
	// InsertOutbox stores all messages or none, in the transaction of ctx or one of its own. After the commit this process is told of it by a Change
	// of the kind ChangeOutbox, which is no row.
	InsertOutbox(ctx context.Context, ms ...*OutboxMessage) error
	// RetryOutbox sends a dead message again, as if it were new; false when there is no such dead message.
	RetryOutbox(ctx context.Context, tenant, id ID, now time.Time, ev *AuditEvent) (bool, error)
}

// OutboxQueue hands messages to who delivers them, each to one at a time for as long as leases are kept.
type OutboxQueue interface {
	// ClaimOutbox leases due messages: of each target only the first that waits. Attempts counts the new attempt already.
	ClaimOutbox(ctx context.Context, cmd ClaimOutbox) ([]OutboxMessage, error)
	// FinishOutbox reports false, and changes nothing, when the message is no longer the owner's. next is the target's next message, leased, or nil.
	FinishOutbox(ctx context.Context, cmd FinishOutbox) (done bool, next *OutboxMessage, err error)
}

// OutboxReader shows what was sent and what waits.
type OutboxReader interface {
	Outbox(ctx context.Context, tenant ID, f OutboxFilter) ([]OutboxMessage, error)
	// OutboxByID returns errs.NotFound when there is none.
	OutboxByID(ctx context.Context, tenant, id ID) (*OutboxMessage, error)
	// OldestOutbox is when the oldest waiting message of any tenant was made; the zero time when none waits.
	OldestOutbox(ctx context.Context) (time.Time, error)
}

// OutboxSweeper forgets.
type OutboxSweeper interface {
	// DeleteDoneOutbox removes messages that were delivered or given up before the given time, at most limit.
	DeleteDoneOutbox(ctx context.Context, before time.Time, limit int) (int64, error)
}
