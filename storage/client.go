package storage

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// Client is a registered relying party or machine (RFC 6749 section 2).
type Client struct {
	Tenant       ID             `gorm:"primaryKey"`
	ID           ID             `gorm:"primaryKey"`
	ClientID     string         // client_id; unique per tenant
	Metadata     ClientMetadata // RFC 7591 section 2, and our settings
	SecretHash   []byte         // HMAC-SHA256 with the pepper's key of SecretKey version; NULL if none
	SecretKey    int            // version of the pepper's data key
	SecretPHC    string         // operator-chosen secret: argon2id until first use; empty otherwise
	SecretSealed seal.Text      // only for clients whose algorithms are symmetric
	Disabled     bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64

	RegistrationHash []byte // of the registration access token (RFC 7592 section 3), keyed like SecretHash; NULL if none
	RegistrationKey  int    // version of the data key behind RegistrationHash
}

// TableName names the table.
func (Client) TableName() string { return "clients" }

// ClientMetadata is a client's registration in RFC 7591's and OpenID Registration's names; names with the prefix jedan_ are ours.
// Absent values mean the defaults of those specifications: authorization_code, code, client_secret_basic, RS256.
type ClientMetadata struct {
	RedirectURIs             []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs   []string `json:"post_logout_redirect_uris,omitempty"`
	ResponseTypes            []string `json:"response_types,omitempty"`
	ResponseModes            []string `json:"response_modes,omitempty"` // RFC 9101-era name; empty: the defaults of the registered response types and form_post
	GrantTypes               []string `json:"grant_types,omitempty"`
	ApplicationType          string   `json:"application_type,omitempty"` // web or native
	ClientName               string   `json:"client_name,omitempty"`
	ClientURI                string   `json:"client_uri,omitempty"`
	LogoURI                  string   `json:"logo_uri,omitempty"`
	PolicyURI                string   `json:"policy_uri,omitempty"`
	TosURI                   string   `json:"tos_uri,omitempty"`
	InitiateLoginURI         string   `json:"initiate_login_uri,omitempty"`
	Contacts                 []string `json:"contacts,omitempty"`
	Scope                    string   `json:"scope,omitempty"` // space separated; what may be asked for
	TokenEndpointAuthMethod  string   `json:"token_endpoint_auth_method,omitempty"`
	TokenEndpointAuthSignAlg string   `json:"token_endpoint_auth_signing_alg,omitempty"`
	ClientKeys
	ClientPairwise
	ClientExchange
	ClientDetails
	ClientIntrospection
	ClientLifetimes
	ClientRegistered
	ClientDocument
	ClientCIBA
	ClientLogout
	ClientProfile
	ClientAccess
	ClientForward
	JWKS                     json.RawMessage `json:"jwks,omitempty"`
	IDTokenSignedResponseAlg string          `json:"id_token_signed_response_alg,omitempty"`
	UserinfoSignedRespAlg    string          `json:"userinfo_signed_response_alg,omitempty"`
	DefaultMaxAge            *int            `json:"default_max_age,omitempty"` // seconds
	RequireAuthTime          bool            `json:"require_auth_time,omitempty"`
	DefaultACRValues         []string        `json:"default_acr_values,omitempty"`
	SubjectType              string          `json:"subject_type,omitempty"` // public or pairwise
	ClientBinding

	Resources          []string `json:"jedan_resources,omitempty"`            // resource identifiers the client may name (RFC 8707)
	DefaultResource    string   `json:"jedan_default_resource,omitempty"`     // the resource of requests that name none (RFC 8707 section 2); empty: the issuer
	FirstParty         bool     `json:"jedan_first_party,omitempty"`          // consent is not asked
	Online             bool     `json:"jedan_online_refresh,omitempty"`       // refresh tokens without offline_access; they end with the session
	RotateRefresh      *bool    `json:"jedan_refresh_rotation,omitempty"`     // nil: public rotates, confidential keeps
	RefreshIDToken     bool     `json:"jedan_refresh_id_token,omitempty"`     // a refresh returns an ID token
	AccessTokenFormat  string   `json:"jedan_access_token_format,omitempty"`  // jwt (default) or opaque
	AccessTokenAlg     string   `json:"jedan_access_token_alg,omitempty"`     // ES256 by default
	AccessTokenSeconds int      `json:"jedan_access_token_seconds,omitempty"` // lifetime; 0: the server's
	AuditTokens        bool     `json:"jedan_audit_tokens,omitempty"`         // every access token and honest refresh is a durable event
	WeakSecret         bool     `json:"jedan_weak_secret,omitempty"`          // operator-chosen secret shorter than 32 characters

	ClientRequests
}

// Value implements driver.Valuer.
func (m ClientMetadata) Value() (driver.Value, error) { return encodeColumn(m) }

// Scan implements sql.Scanner.
func (m *ClientMetadata) Scan(src any) error { return decodeColumn(src, m) }

// GormDataType names the abstract column type for gorm without importing it.
func (ClientMetadata) GormDataType() string { return "string" }

// ClientReader finds clients; errs.NotFound when there is none.
type ClientReader interface {
	ClientByClientID(ctx context.Context, tenant ID, clientID string) (*Client, error)
	ClientByID(ctx context.Context, tenant, id ID) (*Client, error)
	Clients(ctx context.Context, tenant, after ID, limit int) ([]Client, error)
}

// ClientWriter changes clients. A taken client_id is errs.Conflict.
type ClientWriter interface {
	InsertClient(ctx context.Context, c *Client, ev *AuditEvent) error
	UpdateClient(ctx context.Context, tenant, id ID, change func(*Client) error, ev *AuditEvent) (*Client, error)
	// DeleteClient removes the client and its consents and revokes its grants in one transaction.
	DeleteClient(ctx context.Context, tenant, id ID, now time.Time, ev *AuditEvent) error
}
