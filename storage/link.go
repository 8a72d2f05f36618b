package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Link says that somebody at an upstream is a person here.
type Link struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Connector ID
	Key       []byte // index of what names them there for good; unique per connector
	Person    ID
	Identity  seal.Text // who they are there, JSON; sealed at ("links", "identity", tenant, id)
	Tokens    seal.Text // the upstream's tokens, JSON; sealed at ("links", "tokens", tenant, id); zero: none
	CreatedAt time.Time
	UsedAt    time.Time  // of the last sign-in
	CheckedAt *time.Time // when the upstream last said that they may sign in; NULL: at CreatedAt
	// FailingSince is when it was first asked in vain after that; NULL: it answers.
	FailingSince *time.Time
	// AskingUntil is how long a server has the upstream to itself to ask about them; NULL: nobody asks.
	AskingUntil *time.Time
}

// TableName names the table.
func (Link) TableName() string { return "links" }

// LinkReader finds links; errs.NotFound when there is none.
type LinkReader interface {
	// LinkByKey matches any of the given keys (several key versions).
	LinkByKey(ctx context.Context, tenant, connector ID, keys ...[]byte) (*Link, error)
	LinkByID(ctx context.Context, tenant, id ID) (*Link, error)
	// LinksOf lists a person's links, oldest first.
	LinksOf(ctx context.Context, tenant, person ID) ([]Link, error)
}

// LinkWriter changes links. errs.NotFound when the person, or their link, is not there.
type LinkWriter interface {
	// InsertLink is errs.Conflict when the key is linked already, and errs.Forbidden when the person has as many links as most allows.
	InsertLink(ctx context.Context, l *Link, most int, ev *AuditEvent) error
	// DeleteLink is errs.Forbidden when the person could not sign in any more: no password, no passkey and no other link.
	DeleteLink(ctx context.Context, tenant, person, id ID, ev *AuditEvent) error
	// UseLink writes down what the upstream said at a sign-in, and reports false when the link has been removed meanwhile.
	UseLink(ctx context.Context, cmd UseLink) (bool, error)
	// CheckLink writes down that the upstream was asked and still vouches for them; false when the link has been removed meanwhile.
	CheckLink(ctx context.Context, cmd CheckLink) (bool, error)
	// AskLink takes the upstream for whoever asks about them until then, and reports false when somebody else has it or the last answer is not older than since.
	AskLink(ctx context.Context, cmd AskLink) (bool, error)
	// FreeLink ends a question that had no answer.
	FreeLink(ctx context.Context, tenant, id ID) error
	// FailLink writes down that it was asked in vain, and returns since when.
	FailLink(ctx context.Context, tenant, id ID, now time.Time) (since time.Time, err error)
	// EndLink ends the sessions and grants that rest on a link, and reports false, without an event, when there were none.
	EndLink(ctx context.Context, cmd EndLink, ev *AuditEvent) (bool, error)
}

// CheckLink is an upstream's word that somebody may still sign in. A zero Tokens keeps those that are there.
type CheckLink struct {
	Tenant, ID ID
	Tokens     seal.Text
	Now        time.Time
}

// AskLink is a question to an upstream. CheckLink, FailLink and EndLink end it.
type AskLink struct {
	Tenant, ID ID
	Now, Since time.Time
	Until      time.Time
}

// EndLink is an upstream's word that somebody may not sign in any more.
type EndLink struct {
	Tenant, ID ID
	Now        time.Time
	Reason     string
}

// UseLink is a sign-in by a link. A zero Tokens keeps those that are there.
type UseLink struct {
	Tenant, ID       ID
	Identity, Tokens seal.Text
	Now              time.Time
}
