package storage

import (
	"context"
	"time"
)

// Document is the last good copy of what another server publishes, for when it does not answer: a node that starts meanwhile knows nothing else.
type Document struct {
	Tenant    ID     `gorm:"primaryKey"`
	Name      string `gorm:"primaryKey"` // what it is for
	URL       string `gorm:"column:url"` // where it came from
	Body      []byte // public
	KeptAt    time.Time
	ExpiresAt time.Time
}

// TableName names the table.
func (Document) TableName() string { return "documents" }

// Documents keeps them.
type Documents interface {
	// KeepDocument takes the place of an older copy.
	KeepDocument(ctx context.Context, d *Document) error
	// DocumentByName is errs.NotFound when there is none.
	DocumentByName(ctx context.Context, tenant ID, name string) (*Document, error)
	// DeleteExpiredDocuments removes those that expired before the given time, at most limit.
	DeleteExpiredDocuments(ctx context.Context, before time.Time, limit int) (int64, error)
}
