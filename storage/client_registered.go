package storage

import "context"

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
}
