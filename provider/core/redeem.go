package core

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Vault seals and opens columns.
type Vault interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Auditor makes audit rows.
type Auditor interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// GrantCommands are the conditional changes of a grant.
type GrantCommands interface {
	RedeemCode(ctx context.Context, cmd storage.RedeemCode, ev *storage.AuditEvent) (bool, error)
	RotateRefresh(ctx context.Context, cmd storage.RotateRefresh, ev *storage.AuditEvent) (bool, error)
	RevokeGrant(ctx context.Context, cmd storage.RevokeGrant, ev *storage.AuditEvent) (bool, error)
}

// Redeemer spends codes, renews refresh tokens and ends grants, each with its event.
type Redeemer struct {
	Grants GrantCommands
	Vault  Vault
	Audit  Auditor
	Tokens *Tokens
	Now    func() time.Time
	Meter  interface {
		SecurityEvent(eventType, severity string)
	}
}

// NonceAt is where the nonce of a grant's generation is sealed. Generations alternate between two columns' worth of meaning, but the nonce moves
// from nonce1 to nonce0 unopened, so both are bound to one name.
func NonceAt(g *storage.Grant) seal.Location {
	return seal.Location{Table: "grants", Column: "nonce", Tenant: g.Tenant, Row: g.ID}
}

// NewNonce returns 16 random bytes and the same sealed for the grant.
func (r *Redeemer) NewNonce(g *storage.Grant) ([]byte, seal.Text) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return nonce, r.Vault.Seal(NonceAt(g), nonce)
}

// firstRefresh makes the refresh token that goes with a code: generation 1.
func (r *Redeemer) firstRefresh(s *Session) (string, error) {
	nonce, sealed := r.NewNonce(s.Grant)
	s.Nonce1 = sealed
	return r.Tokens.Refresh(s.Grant.ID, 1, nonce), nil
}

// spend is the compare-and-swap on the code.
func (r *Redeemer) spend(ctx context.Context, s *Session) error {
	ev := r.Event(ctx, s.Grant, s.Client, "grant.redeem", "")
	bound := *s.Grant
	BindGrant(&bound, s.Client, s.Access.Cnf)
	done, err := r.Grants.RedeemCode(ctx, storage.RedeemCode{
		Tenant: s.Grant.Tenant, Grant: s.Grant.ID, Client: s.Client.ID, Now: r.Now(), Nonce1: s.Nonce1, Cnf: bound.Cnf, Rotates: bound.Rotates,
	}, ev)
	if err != nil {
		return err
	}
	if !done { // another request was faster: the code was used twice (RFC 6749 section 4.1.2)
		if err := r.Revoke(ctx, s.Grant, s.Client, "code_reuse"); err != nil {
			return err
		}
		return InvalidGrant("an unused code", "a used one")
	}
	return nil
}

// Revoke ends the grant with everything issued for it; twice is no error.
func (r *Redeemer) Revoke(ctx context.Context, g *storage.Grant, c *Client, reason string) error {
	kind := "grant.revoke"
	if reason == "code_reuse" || reason == "refresh_reuse" {
		kind = "grant.reuse"
	}
	done, err := r.Grants.RevokeGrant(ctx, storage.RevokeGrant{Tenant: g.Tenant, Grant: g.ID, Now: r.Now(), Reason: reason}, r.Event(ctx, g, c, kind, reason))
	if done && kind == "grant.reuse" {
		r.Meter.SecurityEvent(kind, "warning")
	}
	return err
}

// Event is an audit row about a grant.
func (r *Redeemer) Event(ctx context.Context, g *storage.Grant, c *Client, kind, reason string) *storage.AuditEvent {
	e := audit.Event{
		Type: kind, Severity: "info", ActorKind: "client", Actor: c.ClientID, Client: c.ClientID, Target: "grant:" + g.ID.String(), Outcome: "success", Reason: reason,
	}
	if kind == "grant.reuse" {
		e.Severity = "warning"
	}
	return r.Audit.Row(ctx, g.Tenant, e)
}
