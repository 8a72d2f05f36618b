package storage

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

// CodeState is where a grant's authorization code stands. A grant has at most one code.
type CodeState int

// States of a code. A code is derived from the grant's id, so it has no row of its own.
const (
	CodeNone     CodeState = 0
	CodeIssued   CodeState = 1
	CodeRedeemed CodeState = 2
)

// Grant is one authorization by one person to one client: what the code, the tokens and every refresh stand on. One row each.
type Grant struct {
	Tenant      ID `gorm:"primaryKey"`
	ID          ID `gorm:"primaryKey"`
	Client      ID
	Person      ID
	Session     ID     // the session it was made in, or the one that took that session's place
	SID         ID     `gorm:"column:sid"` // the session that ID tokens name, if it is not Session any more
	Link        ID     // on whose word elsewhere the person was signed in; set from the session by InsertGrant
	Origin      string // flow id, or par:<id>, device:<id>, ciba:<id> of the pending request; unique per tenant
	Subject     string // the sub the client sees
	Scopes      Strings
	Resources   Strings
	Claims      string // the claims request parameter (OpenID Core section 5.5), JSON, or empty
	Details     string // authorization_details as granted (RFC 9396), JSON array, or empty
	ACR         string
	AMR         Strings
	AuthTime    time.Time
	Challenge   string // PKCE S256 code_challenge, or empty
	RedirectURI string // as sent in the authorization request
	Nonce       string
	Cnf         string // confirmation (RFC 7800), JSON, or empty
	DPoPJKT     string `gorm:"column:dpop_jkt"`
	Code        CodeState
	CodeExpires time.Time
	Offline     bool      // offline_access consented: outlives the session
	Refresh     bool      // a refresh token goes with it
	Rotates     bool      // the refresh token is renewed at each use
	Generation  int64     // of the refresh token; 0 before the first
	Nonce1      seal.Text // 16 random bytes of the current refresh token
	Nonce0      seal.Text // of its immediate predecessor
	RotatedAt   *time.Time
	ExpiresAt   time.Time // absolute end of the grant
	UsedAt      *time.Time
	Uses        int64 // access tokens counted
	CreatedAt   time.Time
	RevokedAt   *time.Time
	Reason      string // why it was revoked

	Spends ID `gorm:"-"` // not stored: the pushed request that InsertGrant spends in the same transaction
}

// TableName names the table.
func (Grant) TableName() string { return "grants" }

// SessionID is the session as the client's ID tokens name it (sid).
func (g *Grant) SessionID() ID {
	if g.SID.IsZero() {
		return g.Session
	}
	return g.SID
}

// Live reports whether the grant counts at the given time.
func (g *Grant) Live(now time.Time) bool { return g.RevokedAt == nil && now.Before(g.ExpiresAt) }

// RedeemCode spends a grant's code: one conditional update on code state, client, expiry and revocation.
type RedeemCode struct {
	Tenant, Grant, Client ID
	Now                   time.Time
	Nonce1                seal.Text // set when the grant carries a refresh token; Generation becomes 1
	Cnf                   string    // with Nonce1, unless empty: the keys that the refresh token is bound to; Rotates counts with it only
	Rotates               bool
}

// RotateRefresh renews a refresh token: one conditional update on generation, client and revocation.
type RotateRefresh struct {
	Tenant, Grant, Client ID
	From                  int64     // generation presented; becomes From+1
	Next                  seal.Text // the new nonce; the current one becomes the predecessor's
	Now                   time.Time
}

// RevokeGrant ends one grant.
type RevokeGrant struct {
	Tenant, Grant ID
	Now           time.Time
	Reason        string
	Outbox        []*OutboxMessage // sent only if this call revoked it
	Announce      bool             // the client learns that the person's sign-in there has ended (Farewell)
}

// GrantReader finds grants; errs.NotFound when there is none.
type GrantReader interface {
	GrantByID(ctx context.Context, tenant, id ID) (*Grant, error)
	// Grants lists by id, after the given one; zero person or client means any.
	Grants(ctx context.Context, tenant, person, client, after ID, limit int) ([]Grant, error)
}

// GrantWriter makes and changes grants. Each method is one transaction with its event and change row.
type GrantWriter interface {
	// InsertGrant stores g, unless its session (if it names one) has ended: errs.Forbidden. When a grant of the same tenant and Origin stands, nothing is written and that one is returned with false.
	// A pushed request named by g.Spends is spent with it; when it was denied or spent for another grant: errs.Conflict. One that has been swept
	// meanwhile does not hinder: g.Origin (par:<id>) stands for it.
	InsertGrant(ctx context.Context, g *Grant, ev *AuditEvent) (standing *Grant, inserted bool, err error)
	// RedeemCode reports false, and changes nothing, unless exactly this call spent the code.
	RedeemCode(ctx context.Context, cmd RedeemCode, ev *AuditEvent) (bool, error)
	// RotateRefresh reports false, and changes nothing, unless exactly this call renewed it. ev may be nil.
	RotateRefresh(ctx context.Context, cmd RotateRefresh, ev *AuditEvent) (bool, error)
	// RevokeGrant reports false when it was revoked already (then no event is written).
	RevokeGrant(ctx context.Context, cmd RevokeGrant, ev *AuditEvent) (bool, error)
}

// GrantCounters writes counters gathered in memory, in batches, and removes what is long dead.
type GrantCounters interface {
	CountGrantUses(ctx context.Context, uses []GrantUse) error
	DeleteDeadGrants(ctx context.Context, before time.Time, limit int) (int64, error)
}

// GrantUse adds to a grant's counters.
type GrantUse struct {
	Tenant, Grant ID
	Uses          int64
	UsedAt        time.Time
}
