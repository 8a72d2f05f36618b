package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// SAMLApp is an application that signs people in by SAML: a service provider of ours.
type SAMLApp struct {
	Tenant    ID     `gorm:"primaryKey"`
	ID        ID     `gorm:"primaryKey"`
	Name      string // what operators and policies call it; unique per tenant; never changes
	EntityID  string // what it calls itself; unique per tenant
	Title     string // what people see
	Settings  string // JSON
	Disabled  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// TableName names the table.
func (SAMLApp) TableName() string { return "saml_apps" }

// SAMLAppReader finds them; errs.NotFound when there is none.
type SAMLAppReader interface {
	SAMLAppByName(ctx context.Context, tenant ID, name string) (*SAMLApp, error)
	// SAMLApps lists by id, after the given one, at most limit.
	SAMLApps(ctx context.Context, tenant, after ID, limit int) ([]SAMLApp, error)
}

// SAMLAppWriter changes them. Each change is seen by every node's caches.
type SAMLAppWriter interface {
	// InsertSAMLApp is errs.Conflict when the name or the entity ID is taken.
	InsertSAMLApp(ctx context.Context, a *SAMLApp, ev *AuditEvent) error
	// UpdateSAMLApp is errs.Conflict when the new entity ID is taken.
	UpdateSAMLApp(ctx context.Context, tenant, id ID, change func(*SAMLApp) error, ev *AuditEvent) (*SAMLApp, error)
	// DeleteSAMLApp removes it with what sessions remember of it, and with everybody's consent to it.
	DeleteSAMLApp(ctx context.Context, tenant, id ID, ev *AuditEvent) error
}

// SAMLKey is a key pair that signs assertions, with the certificate by which applications know it.
type SAMLKey struct {
	Tenant      ID        `gorm:"primaryKey"`
	ID          ID        `gorm:"primaryKey"`
	Serial      int64     // 1, 2, …; unique per tenant: of two rotations at once one happens
	Certificate []byte    // DER
	Private     seal.Text // PKCS #8 DER; sealed at ("saml_keys", "private", tenant, id)
	CreatedAt   time.Time
	ActiveAt    time.Time // signs from here on, until the next one does; published from the start
}

// TableName names the table.
func (SAMLKey) TableName() string { return "saml_keys" }

// SAMLKeys keeps them.
type SAMLKeys interface {
	// SAMLKeys lists them by serial; none before the first was needed.
	SAMLKeys(ctx context.Context, tenant ID) ([]SAMLKey, error)
	// InsertSAMLKey is errs.Conflict when its serial is taken. Those before the serial spare are removed.
	InsertSAMLKey(ctx context.Context, k *SAMLKey, spare int64, ev *AuditEvent) error
}

// SAMLSession says that an application was told in a session who somebody is. Its id is the SessionIndex. It is kept while that sign-in may last.
type SAMLSession struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Session   ID // unique per tenant together with App and Subject
	Person    ID
	App       ID
	Subject   []byte    // keyed hash of the name identifier
	NameID    seal.Text // sealed at ("saml_sessions", "name_id", tenant, id)
	CreatedAt time.Time
	ExpiresAt time.Time
}

// TableName names the table.
func (SAMLSession) TableName() string { return "saml_sessions" }

// SAMLSessions keeps them.
type SAMLSessions interface {
	// KeepSAMLSession writes it down, or finds the one that stands, whose end moves on, with the event. errs.Forbidden when the session has ended.
	KeepSAMLSession(ctx context.Context, s *SAMLSession, ev *AuditEvent) (*SAMLSession, error)
	// SAMLSessionsIn lists those of a session, ended or not.
	SAMLSessionsIn(ctx context.Context, tenant, session ID) ([]SAMLSession, error)
	// SAMLSessionsOf lists those of a name identifier at an application, at most limit, the newest first.
	SAMLSessionsOf(ctx context.Context, tenant, app ID, subject []byte, limit int) ([]SAMLSession, error)
	// DeleteExpiredSAMLSessions removes those that expired before the given time, at most limit.
	DeleteExpiredSAMLSessions(ctx context.Context, before time.Time, limit int) (int64, error)
}
