package storage

import (
	"context"
	"time"
)

// Allowance counts how often something was done in a window of time: mails to one mailbox, text messages to one prefix.
type Allowance struct {
	Tenant ID     `gorm:"primaryKey"`
	Key    []byte `gorm:"primaryKey"` // keyed hash of what is counted
	Used   int
	EndsAt time.Time // of the window
}

// TableName names the table.
func (Allowance) TableName() string { return "allowances" }

// TakeAllowance counts one use of Key in the window that is open, or opens one that ends at Ends.
type TakeAllowance struct {
	Tenant ID
	Key    []byte
	Most   int
	Now    time.Time
	Ends   time.Time
	Slides bool // each use moves the end to Ends: no span as long as the window has more than Most
}

// Allowances counts durably.
type Allowances interface {
	// TakeAllowance reports false, and counts nothing, when Most uses of the open window are gone.
	TakeAllowance(ctx context.Context, cmd TakeAllowance) (bool, error)
	// DeleteEndedAllowances forgets windows that ended before the given time, at most limit.
	DeleteEndedAllowances(ctx context.Context, before time.Time, limit int) (int64, error)
}
