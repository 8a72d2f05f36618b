package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Connector is an upstream identity provider that people sign in with.
type Connector struct {
	Tenant    ID        `gorm:"primaryKey"`
	ID        ID        `gorm:"primaryKey"`
	Name      string    // in addresses; unique per tenant; never changes
	Kind      string    // of the plug-in that speaks its protocol
	Title     string    // what people see
	Settings  string    // JSON of what every kind has and of the kind's own, secrets left out
	Secrets   seal.Text // JSON object of the kind's secrets; sealed at ("connectors", "secrets", tenant, id); zero: none
	Managed   bool      // it comes from a file of the operator and is changed there alone
	Disabled  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// TableName names the table.
func (Connector) TableName() string { return "connectors" }

// ConnectorReader finds connectors; errs.NotFound when there is none.
type ConnectorReader interface {
	ConnectorByName(ctx context.Context, tenant ID, name string) (*Connector, error)
	ConnectorByID(ctx context.Context, tenant, id ID) (*Connector, error)
	// Connectors lists by id, after the given one, at most limit.
	Connectors(ctx context.Context, tenant, after ID, limit int) ([]Connector, error)
}

// ConnectorWriter changes connectors. Each change is seen by every node's caches.
type ConnectorWriter interface {
	// InsertConnector is errs.Conflict when the name is taken.
	InsertConnector(ctx context.Context, c *Connector, ev *AuditEvent) error
	UpdateConnector(ctx context.Context, tenant, id ID, change func(*Connector) error, ev *AuditEvent) (*Connector, error)
	// DeleteConnector removes the connector with every link of it and all that its syncs know: a later one of the same name is another upstream.
	DeleteConnector(ctx context.Context, tenant, id ID, ev *AuditEvent) error
}
