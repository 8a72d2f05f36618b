package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Passkey is a WebAuthn credential of a person. Its public key is no secret; its name is what the person typed, and sealed.
type Passkey struct {
	Tenant       ID `gorm:"primaryKey"`
	ID           ID `gorm:"primaryKey"`
	Person       ID
	CredentialID []byte  // the authenticator's, up to 1023 bytes; unique per tenant
	PublicKey    []byte  // COSE_Key
	AAGUID       []byte  `gorm:"column:aaguid"` // 16 bytes: the make of the authenticator, zeroes if it does not say
	SignCount    int64   // 0: the authenticator does not count
	Transports   Strings // how the browser reached it
	Verified     bool    // it has verified its user at least once
	Syncs        bool    // backup eligible: it may live on several devices
	Synced       bool    // backup state, as of the last use
	Hardware     bool    // an attestation that chains to a root the operator trusts says what it is, and it does not sync
	Name         seal.Text
	CreatedAt    time.Time
	LastUsedAt   *time.Time
}

// TableName names the table.
func (Passkey) TableName() string { return "passkeys" }

// PasskeyReader finds passkeys; errs.NotFound when there is none.
type PasskeyReader interface {
	PasskeyByCredential(ctx context.Context, tenant ID, credentialID []byte) (*Passkey, error)
	// PasskeysOf lists a person's passkeys, oldest first.
	PasskeysOf(ctx context.Context, tenant, person ID) ([]Passkey, error)
}

// PasskeyWriter changes what a person has. errs.NotFound when the person, or their passkey, is not there.
type PasskeyWriter interface {
	// InsertPasskey is errs.Conflict when somebody has the credential already, and errs.Forbidden when the person has as many passkeys as most allows.
	InsertPasskey(ctx context.Context, p *Passkey, most int, ev *AuditEvent) error
	RenamePasskey(ctx context.Context, tenant, person, id ID, name seal.Text, ev *AuditEvent) error
	// DeletePasskey is errs.Forbidden when the person could not sign in any more: no password, and no other passkey.
	DeletePasskey(ctx context.Context, tenant, person, id ID, ev *AuditEvent) error
}

// PasskeyUse is what an assertion that was proved says about its passkey.
type PasskeyUse struct {
	Tenant, ID       ID
	Count            int64
	Verified, Synced bool
	Lenient          bool // a count that went back is written down and no reason to refuse
	Now              time.Time
}

// PasskeyUsed is what became of a use.
type PasskeyUsed int

// A use is counted; or its count is not above the stored one, as when a key was copied; or the passkey has been removed meanwhile.
const (
	PasskeyCounted PasskeyUsed = iota
	PasskeyWentBack
	PasskeyGone
)

// PasskeyUser counts uses.
type PasskeyUser interface {
	// UsePasskey moves the signature count forward and writes the time of use, in one conditional statement. The event is written only for a count
	// that went back.
	UsePasskey(ctx context.Context, cmd PasskeyUse, ev *AuditEvent) (PasskeyUsed, error)
}

// RelyingParty is the name (RP ID) that all passkeys of a tenant are bound to: with another one none of them works.
type RelyingParty struct {
	Tenant    ID `gorm:"primaryKey"`
	Name      string
	CreatedAt time.Time
}

// TableName names the table.
func (RelyingParty) TableName() string { return "relying_parties" }

// RelyingParties keeps the name.
type RelyingParties interface {
	// EnsureRelyingParty inserts r unless its tenant has one, and returns the one that stands.
	EnsureRelyingParty(ctx context.Context, r *RelyingParty) (*RelyingParty, error)
	// RenameRelyingParty replaces the name unless there are passkeys, and reports whether it did.
	RenameRelyingParty(ctx context.Context, tenant ID, from, to string) (bool, error)
}
