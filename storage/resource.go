package storage

import (
	"context"
	"time"
)

// Resource is a protected resource (RFC 8707): it owns its scopes and says what its access tokens look like.
type Resource struct {
	Tenant      ID      `gorm:"primaryKey"`
	ID          ID      `gorm:"primaryKey"`
	Identifier  string  // absolute URI without fragment; unique per tenant
	Name        string  // for people
	Owner       ID      // the client (row id) that may introspect tokens for it; zero: nobody
	Scopes      Strings // scopes it defines
	TokenFormat string  // jwt, opaque, or empty: the client's
	Seconds     int     // access token lifetime; 0: the client's or the server's
	Alg         string  // signing algorithm of its JWT access tokens; empty: the client's
	ACRValues   Strings `gorm:"column:acr_values"` // classes of authentication, one of which it demands (RFC 9470); none: any
	MaxAge      int     // seconds since the person's sign-in that it takes; 0: any
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// TableName names the table.
func (Resource) TableName() string { return "resources" }

// ResourceReader finds resources; errs.NotFound when there is none.
type ResourceReader interface {
	ResourceByIdentifier(ctx context.Context, tenant ID, identifier string) (*Resource, error)
	Resources(ctx context.Context, tenant, after ID, limit int) ([]Resource, error)
}

// ResourceWriter changes resources. A taken identifier is errs.Conflict.
type ResourceWriter interface {
	InsertResource(ctx context.Context, r *Resource, ev *AuditEvent) error
	UpdateResource(ctx context.Context, tenant, id ID, change func(*Resource) error, ev *AuditEvent) (*Resource, error)
	DeleteResource(ctx context.Context, tenant, id ID, ev *AuditEvent) error
}
