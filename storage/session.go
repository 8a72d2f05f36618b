package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Session is one person signed in in one browser. Signing in again makes a new row and revokes the old one (SE01).
type Session struct {
	Tenant     ID `gorm:"primaryKey"`
	ID         ID `gorm:"primaryKey"`
	Person     ID
	AuthTime   time.Time // when the person last proved who they are
	ACR        string
	AMR        Strings
	Device     seal.Text // user agent and address at sign-in, JSON
	CreatedAt  time.Time
	Idle       int64     // seconds after which it ends when unused; 0: as configured
	LastSeenAt time.Time // written at most once a minute
	ExpiresAt  time.Time // absolute limit; the idle limit is LastSeenAt plus configuration
	RevokedAt  *time.Time
	Reason     string // why it was revoked
	Link       ID     // by which the person signed in; zero: here
	Upstream   []byte // keyed hash of what the upstream calls its session; NULL: it did not say
	// UpstreamSubject is a keyed hash of whom its messages about the end of a session name; NULL: it did not say.
	UpstreamSubject []byte
	UpstreamNames   seal.Text // both as they are, for a sign-out there; NULL: it said neither
}

// TableName names the table.
func (Session) TableName() string { return "sessions" }

// SessionReader finds sessions; errs.NotFound when there is none.
type SessionReader interface {
	SessionByID(ctx context.Context, tenant, id ID) (*Session, error)
	SessionsOf(ctx context.Context, tenant, person ID) ([]Session, error)
}

// SessionWriter changes sessions. Whoever ends a session tells its participants (Farewell), unless the same person's next one takes its place.
type SessionWriter interface {
	// InsertSession stores s and revokes the replaced one (may be zero) in one transaction. With samePerson the replaced session's grants
	// move to s; otherwise its online grants end with it.
	InsertSession(ctx context.Context, s *Session, replaces ID, samePerson bool, ev *AuditEvent) error
	// TouchSession moves LastSeenAt forward, only if the session is live.
	TouchSession(ctx context.Context, tenant, id ID, seen time.Time) error
	// RevokeSession ends the session and its online grants (Offline false) with their change rows. Revoking twice is no error. The event and the
	// messages are written only by the call that ended it.
	RevokeSession(ctx context.Context, tenant, id ID, now time.Time, reason string, ev *AuditEvent, tell ...*OutboxMessage) error
	// DeleteDeadSessions removes sessions that ended or expired before the given time, at most limit.
	DeleteDeadSessions(ctx context.Context, before time.Time, limit int) (int64, error)
}

// UpstreamSessions are those that rest on a sign-in elsewhere.
type UpstreamSessions interface {
	// SessionsByUpstream lists those of an upstream's session that have not ended.
	SessionsByUpstream(ctx context.Context, tenant ID, upstream []byte) ([]Session, error)
	// SessionsByUpstreamSubject lists those of somebody there that have not ended.
	SessionsByUpstreamSubject(ctx context.Context, tenant ID, subject []byte) ([]Session, error)
}
