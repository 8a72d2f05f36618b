package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// PendingKind is what a pending request is.
type PendingKind string

// Kinds of pending request.
const (
	PendingPAR    PendingKind = "par"    // pushed authorization request (RFC 9126)
	PendingDevice PendingKind = "device" // device authorization (RFC 8628)
	PendingCIBA   PendingKind = "ciba"   // backchannel authentication (OpenID CIBA Core)
)

// PendingState is where a pending request stands.
type PendingState string

// States of a pending request. It goes from open to approved or denied, and from approved to spent; a pushed one from open to spent.
const (
	PendingOpen     PendingState = "open"
	PendingApproved PendingState = "approved"
	PendingDenied   PendingState = "denied"
	PendingSpent    PendingState = "spent"
)

// SlowDown is by how many seconds a poll that comes too soon lengthens the interval, for good (RFC 8628 section 3.5).
const SlowDown = 5

// Pending is a request of a client that waits for a person: pushed, by device, or CIBA. It lives for minutes.
type Pending struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Kind      PendingKind
	Client    ID        // row id
	Handle    []byte    // keyed hash of what the client holds: request_uri, device_code, auth_req_id; unique per tenant
	UserCode  []byte    // keyed hash of the user_code; NULL if none; unique per tenant while open
	Request   seal.Text // the validated parameters and what the screen shows, JSON; sealed at ("pending", "request", tenant, id)
	State     PendingState
	Person    ID        // who it is meant for (CIBA, from the start) or who decided
	Session   ID        // in which it was decided
	Decision  seal.Text // scopes, acr, amr, auth_time…, JSON; sealed at ("pending", "decision", tenant, id)
	Interval  int       `gorm:"column:interval_seconds"` // between two polls; a poll that comes too soon adds SlowDown
	PolledAt  int64     // milliseconds since 1970; 0 before the first poll
	Slow      bool      // the last poll came too soon
	Tries     int       // polls that came too soon
	Address   []byte    // keyed hash of the asking address, for the cap; NULL if unknown
	ExpiresAt time.Time
	CreatedAt time.Time
}

// TableName names the table.
func (Pending) TableName() string { return "pending" }

// Live reports whether the request still waits for its person.
func (p *Pending) Live(now time.Time) bool {
	return p.State == PendingOpen && now.Before(p.ExpiresAt)
}

// PendingCap bounds how many requests of one kind may be open at once; 0 is no bound. Simultaneous inserts on PostgreSQL may pass it by one per
// connection.
type PendingCap struct {
	PerClient  int
	PerAddress int // counted for rows that have an Address
	PerPerson  int // counted for rows that have a Person (CIBA)
}

// DecidePending is a person's answer. Only an open, unexpired request takes one, and one that names a person only that person's.
type DecidePending struct {
	Tenant, ID, Person, Session ID
	Approve                     bool
	Decision                    seal.Text // may be the zero Text
	Now                         time.Time
	Outbox                      []*OutboxMessage // sent only if this call decided: a CIBA ping
}

// PollPending is one poll at the token endpoint by the request's own client.
type PollPending struct {
	Tenant, ID, Client ID
	Now                time.Time
	Slack              time.Duration // how much too soon is still in time: the network's jitter
}

// SpendPending turns an approved, unexpired request into a grant.
type SpendPending struct {
	Tenant, ID ID
	Now        time.Time
}

// PendingReader finds pending requests; errs.NotFound when there is none. Expired and decided ones are found until they are swept: the caller looks
// at State and ExpiresAt.
type PendingReader interface {
	PendingByID(ctx context.Context, tenant, id ID) (*Pending, error)
	PendingByHandle(ctx context.Context, tenant ID, handle []byte) (*Pending, error)
	// PendingByUserCode finds an open request.
	PendingByUserCode(ctx context.Context, tenant ID, userCode []byte) (*Pending, error)
}

// PendingLister lists what waits for a person.
type PendingLister interface {
	// PendingFor lists the open, unexpired requests that name the person, oldest first, after the given one.
	PendingFor(ctx context.Context, tenant, person, after ID, now time.Time, limit int) ([]Pending, error)
}

// PendingWriter makes and changes pending requests.
type PendingWriter interface {
	// InsertPending stores p. errs.Throttled when a cap is reached, errs.Conflict when its handle, or its user code among the open ones, is taken.
	InsertPending(ctx context.Context, p *Pending, most PendingCap) error
	// DecidePending reports false, and changes nothing, unless exactly this call decided. Denying a pushed request ends it too.
	DecidePending(ctx context.Context, cmd DecidePending, ev *AuditEvent) (bool, error)
	// PollPending counts the poll and says where the request stands, whatever its age. errs.NotFound when the client has no such request.
	PollPending(ctx context.Context, cmd PollPending) (state PendingState, tooFast bool, err error)
}

// PendingKeeper lets a pushed request outlive the visit that it was opened for.
type PendingKeeper interface {
	// KeepPending moves the expiry of an open request to until, unless it is later already.
	KeepPending(ctx context.Context, tenant, id ID, until time.Time) error
}

// PendingSpender turns approved requests into grants. For pushed requests see Grant.Spends.
type PendingSpender interface {
	// SpendPending stores g, whose Client and Person must be the request's and whose Origin names it ("device:<id>", "ciba:<id>"), and spends the
	// request, in one transaction with ev. It reports false, and changes nothing, unless exactly this call spent it. errs.Forbidden when g names a
	// session that has ended.
	SpendPending(ctx context.Context, cmd SpendPending, g *Grant, ev *AuditEvent) (bool, error)
}

// PendingSweeper removes what is over.
type PendingSweeper interface {
	// DeleteExpiredPending removes requests that expired before the given time, at most limit.
	DeleteExpiredPending(ctx context.Context, before time.Time, limit int) (int64, error)
}
