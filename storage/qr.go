package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// QRState is where a sign-in that waits for a phone stands.
type QRState string

// States of such a sign-in. It goes from open to seen, approved and spent; until it is approved it can be denied.
const (
	QROpen     QRState = "open"
	QRSeen     QRState = "seen" // somebody has opened its link on a phone, and goes on there
	QRApproved QRState = "approved"
	QRDenied   QRState = "denied" // or replaced, or ended with the person's sessions
	QRSpent    QRState = "spent"
)

// QRSignIn is a sign-in of a browser that waits for the phone of somebody who is signed in there. It lives for minutes, and serves the flow it was made for.
type QRSignIn struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Flow      ID
	State     QRState
	Secret    seal.Text // what the link holds and the number that both sides show, JSON; sealed at ("qr_sign_ins", "secret", tenant, id)
	Request   seal.Text // who asks: browser, address and application, JSON; sealed at ("qr_sign_ins", "request", tenant, id)
	Person    ID        // who opened it; from then on it is theirs; zero: nobody has
	Session   ID        // in which it was approved
	Decision  seal.Text // the phone, and what its session proves, JSON; sealed at ("qr_sign_ins", "decision", tenant, id)
	Address   []byte    // keyed hash of the asking address, for the cap; NULL if unknown
	ExpiresAt time.Time
	CreatedAt time.Time
}

// TableName names the table.
func (QRSignIn) TableName() string { return "qr_sign_ins" }

// QRCap bounds how many of them may wait at once; 0 is no bound. Simultaneous inserts on PostgreSQL may pass it by one per connection.
type QRCap struct{ PerAddress, All int }

// QRMove is what somebody does on their phone. Each moves only what stands before it, has not expired, and is nobody else's.
type QRMove struct {
	Tenant, ID, Person ID
	Session            ID        // of an approval: it must not have ended
	Decision           seal.Text // of what is seen or approved
	Now                time.Time
}

// QRReader finds them; errs.NotFound when there is none. Those that are over are found until they are swept: the caller looks at State and ExpiresAt.
type QRReader interface {
	QRByID(ctx context.Context, tenant, id ID) (*QRSignIn, error)
	// QRByFlow finds the newest one of a flow.
	QRByFlow(ctx context.Context, tenant, flow ID) (*QRSignIn, error)
}

// QRWriter makes them and moves them on. Every move reports false, and changes nothing, unless exactly this call made it; the event is written with it.
type QRWriter interface {
	// InsertQR stores q and ends those before it of the same flow. errs.Throttled when a cap is reached.
	InsertQR(ctx context.Context, q *QRSignIn, most QRCap) error
	// SeeQR makes an open one the person's.
	SeeQR(ctx context.Context, cmd QRMove, ev *AuditEvent) (bool, error)
	// ApproveQR approves what the person has seen, in a session that has not ended.
	ApproveQR(ctx context.Context, cmd QRMove, ev *AuditEvent) (bool, error)
	// DenyQR ends what is open, or what the person has seen.
	DenyQR(ctx context.Context, cmd QRMove, ev *AuditEvent) (bool, error)
}

// QRSpender uses what was approved.
type QRSpender interface {
	// SpendQR reports false, and changes nothing, unless exactly this call spent an approved, unexpired one of the flow, whose person may sign in and whose approving
	// session has not ended.
	SpendQR(ctx context.Context, tenant, id, flow ID, now time.Time, ev *AuditEvent) (bool, error)
	// DeleteExpiredQR removes those that expired before the given time, at most limit.
	DeleteExpiredQR(ctx context.Context, before time.Time, limit int) (int64, error)
}
