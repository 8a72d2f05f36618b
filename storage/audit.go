package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// AuditEvent is one durable event in the schema of the surface page. Addresses, devices and free data are sealed in Detail.
type AuditEvent struct {
	Tenant    ID `gorm:"primaryKey"`
	ID        ID `gorm:"primaryKey"`
	Time      time.Time
	Type      string // noun.verb
	Severity  string // info, notice, warning, critical
	ActorKind string // person, client, operator, system
	Actor     string // id
	Target    string // kind:id
	Client    string // client_id, or empty
	Org       string
	Outcome   string // success or failure
	Reason    string // a code, never a value that somebody sent
	RequestID string
	Detail    seal.Text // JSON: ip, device, data
}

// TableName names the table.
func (AuditEvent) TableName() string { return "audit_events" }

// AuditFilter narrows a listing; zero fields match all.
type AuditFilter struct {
	After  ID // events with a greater id
	Type   string
	Actor  string
	Target string
	Client string
	Since  time.Time
	Until  time.Time
	Limit  int
	Newest bool // newest first (then After means "older than")
}

// AuditReader lists events.
type AuditReader interface {
	AuditEvents(ctx context.Context, tenant ID, f AuditFilter) ([]AuditEvent, error)
}

// AuditWriter appends events that stand alone (a failed sign-in, a summary of refusals).
type AuditWriter interface {
	AppendAudit(ctx context.Context, evs ...*AuditEvent) error
}
