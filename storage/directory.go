package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// OffGone is DirectoryEntry.Off of somebody who is not in the directory any more.
const OffGone = "gone"

// DirectoryEntry is somebody of an upstream directory, linked with a person or not.
type DirectoryEntry struct {
	Tenant     ID         `gorm:"primaryKey"`
	Connector  ID         `gorm:"primaryKey"`
	Key        []byte     `gorm:"primaryKey"` // as Link.Key
	ID         ID         // of the row
	Content    seal.Text  // who they are there, JSON; sealed at ("directory_entries", "content", tenant, id); zero: never seen, only linked
	Digest     []byte     // keyed hash of what the directory says
	Off        string     // why they may not sign in, one word; empty: they may
	Done       bool       // people here know of Off
	WasOn      bool       // when they last did, Off was empty
	Locked     bool       // their account here was disabled because of it
	ChangesAt  *time.Time // when Off turns round by itself
	Generation int64      // of the full run that saw it last
	UpdatedAt  time.Time
}

// TableName names the table.
func (DirectoryEntry) TableName() string { return "directory_entries" }

// DirectorySync is how far the sync of a directory has come.
type DirectorySync struct {
	Tenant     ID     `gorm:"primaryKey"`
	Connector  ID     `gorm:"primaryKey"`
	Holder     []byte // who is at it; NULL: nobody
	LeaseUntil time.Time
	Progress   string // the kind's own cursor; empty: none
	Generation int64  // of the last full run that began
	RanAt      time.Time
	Asks       bool   // it would have ended too many, and waits for a word
	Problem    string // why the last one failed, one word; empty: it did not
	// GroupProgress is how far its groups have come; empty: they are read anew.
	GroupProgress string
}

// TableName names the table.
func (DirectorySync) TableName() string { return "directory_syncs" }

// DirectoryPage is what a page of a sync changes.
type DirectoryPage struct {
	Tenant, Connector ID
	New, Changed      []DirectoryEntry // a changed one keeps WasOn, Locked and the row's id
	Seen              [][]byte         // keys that are as they were: Generation is stamped
	Gone              [][]byte
	Generation        int64
	Now               time.Time
}

// DirectoryCount says what a sync is about to do. Locks count for nobody: whoever types wrong passwords makes them.
type DirectoryCount struct {
	On     int64 // who could sign in before
	Ending int64 // of them, who are disabled, expired or gone now
}

// DirectoryChange is a linked person of whom people here do not know yet that they may, or may not, sign in.
type DirectoryChange struct {
	Key    []byte
	Off    string
	Locked bool
	Person ID
	Link   ID
}

// LinkedPerson is somebody of a directory, who may sign in, and who they are here.
type LinkedPerson struct {
	Key     []byte
	ID      ID // of the DirectoryEntry
	Content seal.Text
	Person  ID
}

// Directories keeps what directories have.
type Directories interface {
	DirectoryEntries(ctx context.Context, tenant, connector ID, keys [][]byte) ([]DirectoryEntry, error)
	// PutDirectoryPage writes a page in one transaction.
	PutDirectoryPage(ctx context.Context, p DirectoryPage) error
	// EndUnseen marks as gone whom the full run of this generation has not seen.
	EndUnseen(ctx context.Context, tenant, connector ID, generation int64, now time.Time) error
	// TurnDirectoryEntries turns round whose time has come.
	TurnDirectoryEntries(ctx context.Context, tenant, connector ID, now time.Time) error
	CountDirectory(ctx context.Context, tenant, connector ID) (DirectoryCount, error)
	// SettleDirectory says of everybody without a link that people here know: there are none. Those who went off after the given time are looked at again: a
	// sign-in may be on its way.
	SettleDirectory(ctx context.Context, tenant, connector ID, before time.Time) error
	DirectoryChanges(ctx context.Context, tenant, connector ID, limit int) ([]DirectoryChange, error)
	// FinishDirectoryChange says that people here know, unless it has changed again.
	FinishDirectoryChange(ctx context.Context, tenant, connector ID, c DirectoryChange, locked bool) error
	// LinkedEntries lists those who are linked and not gone, by key, after the given one.
	LinkedEntries(ctx context.Context, tenant, connector ID, after []byte, limit int) ([]DirectoryEntry, error)
	// LinkedPeople lists those who are linked and may sign in, by key, after the given one.
	LinkedPeople(ctx context.Context, tenant, connector ID, after []byte, limit int) ([]LinkedPerson, error)
	// MembershipsAmong are those of some people in some groups that they were put into themselves.
	MembershipsAmong(ctx context.Context, tenant ID, people, groups []ID) ([]GroupPerson, error)
	// UnlistedLinks are links, used last before the given time, of nobody whom a sync has seen.
	UnlistedLinks(ctx context.Context, tenant, connector ID, usedBefore time.Time, limit int) ([]Link, error)
	// DeleteGoneDirectoryEntries forgets who has been gone since before the given time.
	DeleteGoneDirectoryEntries(ctx context.Context, before time.Time, limit int) (int64, error)

	// ClaimDirectorySync begins a run: nobody else is at it, and the last one was at or before due. nil: it may not.
	ClaimDirectorySync(ctx context.Context, s DirectorySync, due time.Time) (*DirectorySync, error)
	// KeepDirectorySync prolongs the lease, and begins a generation where it is a new one; false: it was lost.
	KeepDirectorySync(ctx context.Context, s *DirectorySync) (bool, error)
	// EndDirectorySync writes down how it ended and lets go of it; false: it was lost.
	EndDirectorySync(ctx context.Context, s *DirectorySync, ev *AuditEvent) (bool, error)
	DirectorySyncOf(ctx context.Context, tenant, connector ID) (*DirectorySync, error)
}
