package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Code is a code or a link that was sent to somebody. It serves one purpose, for one person, in one flow if it names one, and once.
type Code struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Purpose   string
	Person    ID        // zero: somebody who has no account yet
	Flow      ID        // the sign-in that it belongs to; zero: none
	Channel   string    // mail, sms
	Hash      []byte    // keyed hash of what is typed; NULL: nothing can be typed
	LinkHash  []byte    // keyed hash of the secret in the link; NULL: there is no link
	HashKey   int       // version of the key of both
	Data      seal.Text // JSON that belongs to the purpose; sealed at ("codes", "data", tenant, id)
	Attempts  int       // begun
	ExpiresAt time.Time
	SpentAt   *time.Time // used, or replaced by a later one
	CreatedAt time.Time
}

// TableName names the table.
func (Code) TableName() string { return "codes" }

// TryCode counts an attempt at a code before it is judged. Zero fields match all, but one of ID and Flow must be given.
type TryCode struct {
	Tenant  ID
	ID      ID
	Purpose string
	Person  ID
	Flow    ID
	Most    int // attempts that a code allows
	Now     time.Time
}

// Codes keeps them.
type Codes interface {
	// InsertCode stores c. Earlier ones of its purpose and flow, or without a flow of its purpose and person, work no longer.
	InsertCode(ctx context.Context, c *Code) error
	// TryCode counts an attempt and returns the code to compare with; errs.NotFound when there is none that may be tried: unknown, spent, expired, or
	// tried too often.
	TryCode(ctx context.Context, cmd TryCode) (*Code, error)
	// SpendCode reports false, and changes nothing, unless exactly this call spent an unexpired code. The event is written with it.
	SpendCode(ctx context.Context, tenant, id ID, now time.Time, ev *AuditEvent) (bool, error)
	// CodeByID finds a code that still works; errs.NotFound when there is none.
	CodeByID(ctx context.Context, tenant, id ID, purpose string, now time.Time) (*Code, error)
	// EndCodes ends every code of a person for the given purposes.
	EndCodes(ctx context.Context, tenant, person ID, now time.Time, purposes ...string) error
	// DeleteExpiredCodes removes codes that expired before the given time, at most limit.
	DeleteExpiredCodes(ctx context.Context, before time.Time, limit int) (int64, error)
}
