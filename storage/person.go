package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// PersonState says whether a person may sign in.
type PersonState string

// States of a person. Only an active one signs in, refreshes, or has tokens that count.
const (
	PersonActive   PersonState = "active"
	PersonLocked   PersonState = "locked"
	PersonDisabled PersonState = "disabled"
)

// Required actions that an operator asks for. The password's is met when the person sets one; the address's when it is proved.
const (
	RequireChangePassword = "change_password" //nolint:gosec // a name, not a password
	RequireVerifyEmail    = "verify_email"
	RequireAddEmail       = "add_email" // who has no address gives one and proves it
)

// Requirable lists them.
func Requirable() []string { return []string{RequireChangePassword, RequireVerifyEmail, RequireAddEmail} }

// Person is somebody who signs in. Names and addresses are sealed; they are found by keyed hashes (seal.Index).
type Person struct {
	Tenant            ID        `gorm:"primaryKey"`
	ID                ID        `gorm:"primaryKey"`
	Subject           string    // OpenID sub: 128 random bits, base64url; unique per tenant; never reused
	EmailHash         []byte    // index of the canonical address; NULL if none; unique per tenant
	UsernameHash      []byte    // index of the canonical user name; NULL if none; unique per tenant
	Profile           seal.Text // JSON object of OpenID standard claims, plus "username"
	PasswordHash      string    // PHC string (argon2id); empty: no password
	PasswordChangedAt *time.Time
	State             PersonState
	Admin             bool
	Required          Strings    // names of required actions that an operator asks for (Requirable)
	TermsVersion      string     // of the terms, that was accepted last; empty: none
	TermsAt           *time.Time // when
	CreatedAt         time.Time
	UpdatedAt         time.Time // the updated_at claim, in seconds
	Version           int64     // grows by one with every change
}

// TableName names the table.
func (Person) TableName() string { return "people" }

// PersonReader finds people; errs.NotFound when there is none.
type PersonReader interface {
	PersonByID(ctx context.Context, tenant, id ID) (*Person, error)
	PersonBySubject(ctx context.Context, tenant ID, subject string) (*Person, error)
	// PersonByIndex matches EmailHash or UsernameHash against any of the given hashes (several key versions).
	PersonByIndex(ctx context.Context, tenant ID, hashes ...[]byte) (*Person, error)
	// People lists by id, after the given one, at most limit.
	People(ctx context.Context, tenant, after ID, limit int) ([]Person, error)
	// AdminExists reports whether any person is an administrator.
	AdminExists(ctx context.Context, tenant ID) (bool, error)
}

// PersonWriter changes people. A duplicate address or user name is errs.Conflict.
type PersonWriter interface {
	InsertPerson(ctx context.Context, p *Person, ev *AuditEvent) error
	// UpdatePerson applies change inside a transaction on the row as it stands, bumps Version, and writes the event.
	UpdatePerson(ctx context.Context, tenant, id ID, change func(*Person) error, ev *AuditEvent) (*Person, error)
	// EndPerson revokes every session and every grant of the person (password change, lock, disable), with the events and change rows, and denies
	// what waits for them or was approved by them and not yet fetched.
	EndPerson(ctx context.Context, cmd EndPerson, ev *AuditEvent) error
	DeletePerson(ctx context.Context, tenant, id ID, ev *AuditEvent) error
	// RehashPassword replaces an old-parameter hash after a successful sign-in, only if it is still old.
	RehashPassword(ctx context.Context, tenant, id ID, old, new string) error
}

// EndPerson names what ends and why; Except (may be zero) keeps one session, and the grants bound to it, alive.
type EndPerson struct {
	Tenant, Person, Except ID
	Reason                 string
	Now                    time.Time
	Outbox                 []*OutboxMessage
	KeepOffline            bool // grants that outlive their session stay
}

// SetupLink is a one-time link that makes the first administrator.
type SetupLink struct {
	Tenant    ID     `gorm:"primaryKey"`
	ID        ID     `gorm:"primaryKey"`
	Hash      []byte // SHA-256 of the token in the link
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// TableName names the table.
func (SetupLink) TableName() string { return "setup_links" }

// SetupLinks keeps one-time set-up links.
type SetupLinks interface {
	// InsertSetupLink makes l the only valid one: earlier unused ones of the tenant are removed.
	InsertSetupLink(ctx context.Context, l *SetupLink) error
	// SetupLinkValid reports whether an unused, unexpired link has this hash.
	SetupLinkValid(ctx context.Context, tenant ID, hash []byte, now time.Time) (bool, error)
	// SpendSetupLink uses the link and inserts the first administrator in one transaction. errs.Forbidden when the link is unknown, used,
	// expired, or an administrator exists.
	SpendSetupLink(ctx context.Context, tenant ID, hash []byte, now time.Time, admin *Person, ev *AuditEvent) error
}
