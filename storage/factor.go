package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// FactorState says whether a factor counts.
type FactorState string

// States of a factor. Only a confirmed one is asked for and counts.
const (
	FactorPending   FactorState = "pending"
	FactorConfirmed FactorState = "confirmed"
)

// KindTOTP is a time-based one-time password (RFC 6238); other factors bring words of their own.
const KindTOTP = "totp"

// Factor is something that a person proves beside what they begin with. Its secret and the name that they gave it are sealed.
type Factor struct {
	Tenant      ID `gorm:"primaryKey"`
	ID          ID `gorm:"primaryKey"`
	Person      ID
	Kind        string
	State       FactorState
	Name        seal.Text
	Secret      seal.Text
	LastStep    int64 // the newest time step that was spent; no code of it or of one before it counts
	CreatedAt   time.Time
	ConfirmedAt *time.Time
	LastUsedAt  *time.Time
}

// TableName names the table.
func (Factor) TableName() string { return "factors" }

// FactorReader finds factors; errs.NotFound when there is none.
type FactorReader interface {
	// FactorsOf lists a person's factors, oldest first, pending ones included.
	FactorsOf(ctx context.Context, tenant, person ID) ([]Factor, error)
	FactorByID(ctx context.Context, tenant, id ID) (*Factor, error)
}

// FactorWriter changes factors. None touches another person's: that is errs.NotFound.
type FactorWriter interface {
	// InsertFactor adds f and, when it is pending, removes the person's other pending ones of its kind. errs.Conflict when the person has limit
	// confirmed ones of that kind.
	InsertFactor(ctx context.Context, f *Factor, limit int, ev *AuditEvent) error
	// ConfirmFactor makes a pending factor count and reports true for exactly one caller, with its event.
	ConfirmFactor(ctx context.Context, cmd ConfirmFactor, ev *AuditEvent) (bool, error)
	RenameFactor(ctx context.Context, tenant, person, id ID, name seal.Text, ev *AuditEvent) error
	DeleteFactor(ctx context.Context, tenant, person, id ID, ev *AuditEvent) error
	// ResetFactors removes the person's factors, passkeys and backup codes and forgets their failures; the event is written in any case.
	ResetFactors(ctx context.Context, tenant, person ID, ev *AuditEvent) error
	// DeletePendingFactors removes those that nobody confirmed, made before the given time, at most limit.
	DeletePendingFactors(ctx context.Context, before time.Time, limit int) (int64, error)
}

// ConfirmFactor names a pending factor, the step whose code confirmed it, and how old it may be.
type ConfirmFactor struct {
	Tenant, Person, Factor ID
	Step                   int64
	Name                   seal.Text
	Since                  time.Time // made at this time or later
	Now                    time.Time
}

// FactorSpender uses a time step of a confirmed factor once.
type FactorSpender interface {
	// SpendStep reports true for exactly one caller per factor and step, and for none once a later step was spent. With it the person's failures of
	// the kind are forgotten.
	SpendStep(ctx context.Context, cmd SpendStep) (bool, error)
}

// SpendStep names the factor and the step.
type SpendStep struct {
	Tenant, Person, Factor ID
	Kind                   string
	Step                   int64
	Now                    time.Time
}

// BackupCode is one of a person's codes for when everything else is out of reach: a keyed hash, and when it was used.
type BackupCode struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Person    ID
	Hash      []byte // seal.Index; unique per tenant
	CreatedAt time.Time
	UsedAt    *time.Time
}

// TableName names the table.
func (BackupCode) TableName() string { return "backup_codes" }

// KindBackup is the kind of backup codes where failures are counted.
const KindBackup = "backup"

// BackupCodes keeps them.
type BackupCodes interface {
	// ReplaceBackupCodes makes these the person's only codes.
	ReplaceBackupCodes(ctx context.Context, tenant, person ID, codes []BackupCode, ev *AuditEvent) error
	// SpendBackupCode uses the unused code that has one of the hashes (several key versions). It reports true for exactly one caller per code, with
	// its event; with it the person's failures with backup codes are forgotten.
	SpendBackupCode(ctx context.Context, tenant, person ID, hashes [][]byte, now time.Time, ev *AuditEvent) (bool, error)
	// BackupCodesOf lists a person's codes, used ones included.
	BackupCodesOf(ctx context.Context, tenant, person ID) ([]BackupCode, error)
}

// FactorFailures is how often a person's codes of one kind were wrong since the last right one. It outlives flows, browsers and restarts: only a right
// code forgets it, or an operator.
type FactorFailures struct {
	Tenant   ID     `gorm:"primaryKey"`
	Person   ID     `gorm:"primaryKey"`
	Kind     string `gorm:"primaryKey"`
	Failures int
	NextAt   time.Time // no try before
}

// TableName names the table.
func (FactorFailures) TableName() string { return "factor_failures" }

// FactorTries counts tries before they are judged, so that no number of them at once passes the limit.
type FactorTries interface {
	// TakeTry counts a try as a failure until ForgetFailures, SpendStep or SpendBackupCode says otherwise, and reports false, with the time to wait,
	// when none is allowed now. The event is written by the try that begins a wait.
	TakeTry(ctx context.Context, cmd TakeTry, ev *AuditEvent) (ok bool, wait time.Duration, err error)
	ForgetFailures(ctx context.Context, tenant, person ID, kind string) error
	// FailuresOf lists a person's counts.
	FailuresOf(ctx context.Context, tenant, person ID) ([]FactorFailures, error)
}

// TakeTry names whose try it is and what is allowed: Free tries, then a wait of First that doubles with each further failure up to Longest.
type TakeTry struct {
	Tenant, Person ID
	Kind           string
	Now            time.Time
	Free           int
	First, Longest time.Duration
}
