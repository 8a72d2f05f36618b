package storage

import (
	"context"
	"time"
)

// Erasure is a person's wish to be erased that waits for its day.
type Erasure struct {
	Tenant    ID `gorm:"primaryKey"`
	Person    ID `gorm:"primaryKey"`
	DueAt     time.Time
	CreatedAt time.Time
}

// TableName names the table.
func (Erasure) TableName() string { return "erasures" }

// Erasures keeps what waits. Each change is one statement with its event, which is written only by the call that made it.
type Erasures interface {
	// InsertErasure reports false, and changes nothing, when one waits already.
	InsertErasure(ctx context.Context, e *Erasure, ev *AuditEvent) (bool, error)
	// ErasureOf returns errs.NotFound when none waits.
	ErasureOf(ctx context.Context, tenant, person ID) (*Erasure, error)
	// DeleteErasure reports false when none waits.
	DeleteErasure(ctx context.Context, tenant, person ID, ev *AuditEvent) (bool, error)
}

// DueErasures finds those whose day has come.
type DueErasures interface {
	DueErasures(ctx context.Context, tenant ID, now time.Time, limit int) ([]Erasure, error)
	// TakeErasure reports true for exactly one caller, once it is due.
	TakeErasure(ctx context.Context, tenant, person ID, now time.Time) (bool, error)
}
