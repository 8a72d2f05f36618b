package core

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Vouching makes grants for people whom another issuer vouches for. Such a grant is like one of their own, so that everything that ends those ends it;
// nobody consented to it: the operator trusts the issuer.
type Vouching struct {
	Tenant storage.ID
	Grants interface {
		InsertGrant(ctx context.Context, g *storage.Grant, ev *storage.AuditEvent) (standing *storage.Grant, inserted bool, err error)
	}
	Subjects *Subjects
	Audit    Auditor
	Now      func() time.Time
}

// Vouched is what a grant is made of.
type Vouched struct {
	Kind      string // what the assertion was used for; part of the grant's origin
	Client    *Client
	Person    *storage.Person
	Assertion *Assertion
	Once      string // jti, or the token itself: one grant for each
	Scopes    []string
	Resources []string
	ExpiresAt time.Time
}

// Grant returns the one grant of an assertion; whether it still counts is for the caller to ask.
func (v *Vouching) Grant(ctx context.Context, w *Vouched) (g *storage.Grant, inserted bool, err error) {
	now := v.Now()
	sum := LedgerHash(w.Kind, w.Client.ClientID, w.Assertion.Issuer, w.Once)
	g = &storage.Grant{
		Tenant: v.Tenant, ID: storage.NewID(now), Client: w.Client.ID, Person: w.Person.ID, Origin: w.Kind + ":" + hex.EncodeToString(sum),
		Subject: v.Subjects.Of(w.Client, w.Person), ACR: "0", Scopes: w.Scopes, Resources: w.Resources, AuthTime: w.Assertion.AuthTime, CreatedAt: now, ExpiresAt: w.ExpiresAt,
	}
	return v.Grants.InsertGrant(ctx, g, v.Audit.Row(ctx, v.Tenant, audit.Event{
		Type: audit.GrantCreate, ActorKind: audit.Client, Actor: w.Client.ClientID, Client: w.Client.ClientID, Target: "grant:" + g.ID.String(), Reason: w.Kind,
		Data: map[string]any{"person": w.Person.ID.String(), "issuer": w.Assertion.Issuer},
	}))
}
