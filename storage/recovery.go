package storage

import (
	"context"
	"time"
)

// RecoveryOutcome says how a recovery ended.
type RecoveryOutcome string

// Outcomes of a recovery; empty: it has not ended.
const (
	RecoveryUsed      RecoveryOutcome = "used"
	RecoveryCancelled RecoveryOutcome = "cancelled"
	RecoveryExpired   RecoveryOutcome = "expired"
	RecoveryVoid      RecoveryOutcome = "void" // the account is not what it was
)

// Recovery is that of somebody who lost every second factor: it waits, and can be cancelled until it is used. A person has at most one that has not
// ended.
type Recovery struct {
	Tenant     ID `gorm:"primaryKey"`
	ID         ID `gorm:"primaryKey"`
	Person     ID
	EmailHash  []byte // index of the address that it began with
	CreatedAt  time.Time
	RemindAt   time.Time // the channels are told again
	ReadyAt    time.Time // not used before
	ExpiresAt  time.Time // nor from then on
	RemindedAt *time.Time
	OpenedAt   *time.Time // the link was sent
	EndedAt    *time.Time
	Outcome    RecoveryOutcome
}

// TableName names the table.
func (Recovery) TableName() string { return "recoveries" }

// EndRecovery names what ends, and how. Without an ID it is the one of the person that has not ended.
type EndRecovery struct {
	Tenant, ID, Person ID
	Outcome            RecoveryOutcome
	Now                time.Time
}

// Recoveries keeps them. Each change is one conditional statement with its event, which is written only by the call that made it.
type Recoveries interface {
	// BeginRecovery reports false, and changes nothing, when one of the person waits already, or the person is an administrator or not active.
	BeginRecovery(ctx context.Context, r *Recovery, ev *AuditEvent) (bool, error)
	// RecoveryOf finds the one that has neither ended nor expired; errs.NotFound when there is none.
	RecoveryOf(ctx context.Context, tenant, person ID, now time.Time) (*Recovery, error)
	// RecoveryByID finds one that has neither ended nor expired; errs.NotFound when there is none.
	RecoveryByID(ctx context.Context, tenant, id ID, now time.Time) (*Recovery, error)
	// EndRecovery reports true for exactly one caller. RecoveryUsed only when it is ready, and its person active and no administrator.
	EndRecovery(ctx context.Context, cmd EndRecovery, ev *AuditEvent) (bool, error)
}

// RecoverySteps moves those on whose time has come.
type RecoverySteps interface {
	// DueRecoveries lists those that should be told of again, or opened, at most limit.
	DueRecoveries(ctx context.Context, tenant ID, now time.Time, limit int) ([]Recovery, error)
	// RemindRecovery and OpenRecovery report true for exactly one caller, when its time has come.
	RemindRecovery(ctx context.Context, tenant, id ID, now time.Time, ev *AuditEvent) (bool, error)
	OpenRecovery(ctx context.Context, tenant, id ID, now time.Time, ev *AuditEvent) (bool, error)
	// DeleteOldRecoveries removes those that expired before the given time, at most limit.
	DeleteOldRecoveries(ctx context.Context, before time.Time, limit int) (int64, error)
}
