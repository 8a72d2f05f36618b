package storage

import (
	"context"
	"time"
)

// ClientRegistered is metadata of clients that registered themselves (RFC 7591).
type ClientRegistered struct {
	SoftwareID        string `json:"software_id,omitempty"`
	SoftwareVersion   string `json:"software_version,omitempty"`
	SoftwareStatement string `json:"software_statement,omitempty"` // as it was sent: RFC 7591 section 3.2.1 returns it unmodified
	Unvetted          bool   `json:"jedan_unvetted,omitempty"`     // registered by nobody that we know: its redirect URIs are not trusted with errors
}

// RegisteredClients bounds what strangers write.
type RegisteredClients interface {
	// InsertRegistered is InsertClient for a client with a registration access token; errs.Throttled when as many of those as most stand already.
	InsertRegistered(ctx context.Context, c *Client, most int, ev *AuditEvent) error
	// UnusedRegistered lists, after the given one, clients that registered themselves before the given time, have not changed since, and that nobody has authorized.
	UnusedRegistered(ctx context.Context, tenant ID, before time.Time, after ID, limit int) ([]Client, error)
	// DeleteUnused removes such a client if it still is one, and reports whether it did.
	DeleteUnused(ctx context.Context, tenant, id ID, ev *AuditEvent) (bool, error)
}
