package storage

import (
	"context"
	"time"
)

// Kinds of change that caches must see.
const (
	ChangeClient    = "client"
	ChangePerson    = "person"
	ChangeSession   = "session"
	ChangeGrant     = "grant"
	ChangeToken     = "token"
	ChangeKey       = "key"
	ChangeKeyring   = "keyring"
	ChangeResource  = "resource"
	ChangeConsent   = "consent"
	ChangeFirewall  = "firewall"
	ChangeGroup     = "group" // what a group is called, and what it lies within
	ChangeConnector = "connector"
	ChangeSAMLApp   = "saml_app"
	ChangeSAMLKey   = "saml_key"
	ChangeMember    = "member" // the groups of a person; the row is the person's
	ChangeOutbox    = "outbox" // told to the process that wrote the message, after its commit; never a row
)

// Change is one row that tells every node's caches what is no longer so. It is written in the transaction of the change.
type Change struct {
	Seq    int64 `gorm:"primaryKey;autoIncrement"`
	Tenant ID
	Kind   string
	Ref    []byte // the row's id, or a token's id
	At     time.Time
}

// TableName names the table.
func (Change) TableName() string { return "changes" }

// ChangeTail delivers changes of every process to this one.
type ChangeTail interface {
	// Tail calls fn for every change committed after the call began, until ctx ends. Each call's changes are in order of Seq; one that a long
	// transaction committed late may come in a later call than its number says, and after trouble one may come twice. It calls fn with no changes
	// when it has caught up, at least once a second, so that a consumer knows how fresh it is: all that was committed before caughtUp has been
	// delivered. While the database is away it calls nobody. An error says that changes may have been missed.
	Tail(ctx context.Context, fn func(changes []Change, caughtUp time.Time)) error
	DeleteChanges(ctx context.Context, before time.Time, limit int) (int64, error)
}
