package core

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Decoupled turns what a person allowed away from the client into tokens: the common part of the device grant (RFC 8628) and of CIBA.
type Decoupled struct {
	Kind     storage.PendingKind
	Param    string // of the token request, that carries the handle
	Tenant   storage.ID
	Store    PollStore
	Vault    Vault
	Tokens   *Tokens
	Issuance *Issuance
	Redeemer *Redeemer
	Subjects *Subjects
	Live     *Live
	Claims   *People
	Counter  *Counter
	Config   Config
	Log      RefusalLog
	Now      func() time.Time
}

// Answer judges a poll by the rows and, when the person has allowed it, issues the one token set that there ever is for the request.
func (d *Decoupled) Answer(ctx context.Context, tr *TokenRequest, table string, rows []Row[Poll]) (*TokenResponse, error) {
	p := &Poll{TokenRequest: tr, d: d}
	vs, err := Run(ctx, rows, p)
	if err != nil {
		d.Log.Verdicts(ctx, table, vs)
		return nil, err
	}
	g, err := d.grant(ctx, p)
	if err != nil {
		return nil, err
	}
	out, err := d.mint(ctx, p, g)
	if err != nil {
		return nil, err
	}
	if err := d.spend(ctx, p, g); err != nil {
		return nil, err
	}
	return out, nil
}

func (d *Decoupled) grant(ctx context.Context, p *Poll) (*storage.Grant, error) {
	now := d.Now()
	g := &storage.Grant{
		Tenant: d.Tenant, ID: storage.NewID(now), Client: p.Client.ID, Person: p.person.ID, Session: p.pending.Session,
		Origin: string(d.Kind) + ":" + p.id.String(), Subject: d.Subjects.Of(p.Client, p.person), Scopes: p.decision.Scopes, Resources: p.waiting.Resources,
		ACR: p.decision.ACR, AMR: p.decision.AMR, AuthTime: p.decision.At(), CreatedAt: now,
	}
	if err := d.Issuance.Endure(ctx, p.Client, g, 0); err != nil {
		return nil, err
	}
	BindGrant(g, p.Client, p.Binding)
	return g, nil
}

// mint writes the tokens before anything is spent: a failure of ours must not cost the person's answer.
func (d *Decoupled) mint(ctx context.Context, p *Poll, g *storage.Grant) (*TokenResponse, error) {
	scopes, resources, err := Narrow(p.Form, g.Scopes, g.Resources)
	if err != nil {
		return nil, err
	}
	access, err := d.Issuance.ForRequest(ctx, p.TokenRequest, g, scopes, resources)
	if err != nil {
		return nil, err
	}
	out := NewTokenResponse(&access)
	if out.AccessToken, err = d.Tokens.MintAccess(&access); err != nil {
		return nil, err
	}
	if g.Scopes.Has("openid") {
		if out.IDToken, err = d.idToken(ctx, p, g, out.AccessToken, access.IssuedAt); err != nil {
			return nil, err
		}
	}
	if g.Refresh {
		nonce, sealed := d.Redeemer.NewNonce(g)
		g.Nonce1, g.Generation = sealed, 1
		out.RefreshToken = d.Tokens.Refresh(g.ID, 1, nonce)
	}
	return out, d.Counter.Issued(ctx, p.Client, &access)
}

func (d *Decoupled) idToken(ctx context.Context, p *Poll, g *storage.Grant, access string, now time.Time) (string, error) {
	claims, err := d.Claims.IDTokenClaims(ctx, g, true)
	if err != nil {
		return "", err
	}
	return d.Tokens.MintIDToken(ctx, &IDToken{
		Grant: g, Client: p.Client, IssuedAt: now, ExpiresAt: now.Add(p.Client.IDTokenLife(d.Config.IDTokenLifetime)), AccessToken: access, Claims: claims,
	})
}

// spend is the one conditional statement that decides which of simultaneous polls gets its tokens.
func (d *Decoupled) spend(ctx context.Context, p *Poll, g *storage.Grant) error {
	ev := d.Redeemer.Event(ctx, g, p.Client, audit.GrantCreate, string(d.Kind))
	won, err := d.Store.SpendPending(ctx, storage.SpendPending{Tenant: d.Tenant, ID: p.id, Now: d.Now()}, g, ev)
	switch {
	case errs.Is(err, errs.Forbidden):
		return accessDenied("The person signed out meanwhile.", "a session", "an ended one")
	case err != nil:
		return err
	case !won:
		return InvalidGrant("a request without tokens", "a spent one")
	}
	return nil
}
