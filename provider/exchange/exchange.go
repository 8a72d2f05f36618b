package exchange

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Counter notes that a token was issued.
type Counter interface {
	Issued(ctx context.Context, c *core.Client, a *core.AccessToken) error
}

// Grant is the token-exchange grant type.
type Grant struct {
	Issuance *core.Issuance
	Verifier *core.Verifier
	Live     *core.Live
	Signer   core.Signer
	Tokens   *core.Tokens
	Subjects *core.Subjects
	Issuers  *core.Issuers
	Vouching *core.Vouching
	Counter  Counter
	Audit    core.Auditor
	Events   storage.AuditWriter
	Tenant   storage.ID
	Now      func() time.Time
	Log      core.RefusalLog
	Upstream Upstream // nil: there is none
}

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return core.GrantTokenExchange }

// request is what the rows judge. Each row fills in what it found.
type request struct {
	g *Grant
	*core.TokenRequest
	policy  *storage.TokenExchangePolicy
	subject *party
	actor   *party // nil: impersonation
	act     string
	scopes  []string
	targets []string
	details string

	connector string // the upstream whose token is asked for; "": one of ours is
}

// Rows is the table of token exchange.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "exchange.policy", Check: checkPolicy},
		{Name: "exchange.parameters", Check: checkParameters},
		{Name: "exchange.subject", Check: checkSubject},
		{Name: "exchange.subject_client", Check: checkSubjectClient},
		{Name: "exchange.subject_key", Check: checkSubjectKey},
		{Name: "exchange.actor", Check: checkActor},
		{Name: "exchange.actor_key", Check: checkActorKey},
		{Name: "exchange.permitted", Check: checkPermitted},
		{Name: "exchange.mode", Check: checkMode},
		{Name: "exchange.may_act", Check: checkMayAct},
		{Name: "exchange.chain", Check: checkChain},
		{Name: "exchange.target", Check: checkTarget},
		{Name: "exchange.scope", Check: checkScope},
		{Name: "exchange.details", Check: checkDetails},
	}
}

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, tr *core.TokenRequest) (*core.TokenResponse, error) {
	r := &request{g: g, TokenRequest: tr}
	vs, err := core.Run(ctx, Rows(), r)
	if err != nil {
		g.Log.Verdicts(ctx, "exchange", vs)
		return nil, err
	}
	if r.connector != "" {
		return g.upstream(ctx, r)
	}
	a, err := g.token(ctx, r)
	if err != nil {
		return nil, err
	}
	out := core.NewTokenResponse(a)
	out.IssuedType = issuedType(tr.Form.Get("requested_token_type"))
	if out.AccessToken, err = g.Tokens.MintAccess(a); err != nil {
		return nil, err
	}
	if err := g.Events.AppendAudit(ctx, g.event(ctx, r, a)); err != nil { // before the token is handed out
		return nil, err
	}
	return out, g.Counter.Issued(ctx, r.Client, a)
}

func issuedType(requested string) string {
	if requested == core.TokenTypeJWT {
		return core.TokenTypeJWT
	}
	return core.TokenTypeAccess
}

// token is what is issued: the subject's, for the client, within everything that it was made of.
func (g *Grant) token(ctx context.Context, r *request) (*core.AccessToken, error) {
	a, err := g.Issuance.ForRequest(ctx, r.TokenRequest, nil, r.scopes, r.targets)
	if err != nil {
		return nil, err
	}
	s := r.subject
	a.Subject, a.AuthTime, a.ACR, a.AMR, a.Details, a.Act, a.Exchanged = s.sub, s.authTime, s.acr, s.amr, r.details, r.act, true
	if s.person != nil {
		a.Subject = g.Subjects.Of(r.Client, s.person)
	}
	if s.grant != nil {
		a.Grant, a.Session = s.grant.ID, s.grant.Session
	}
	ends := []time.Time{s.expires}
	if r.actor != nil {
		ends = append(ends, r.actor.expires)
		a.ActGrant = r.actor.grantID()
	}
	for _, end := range ends {
		if end.Before(a.ExpiresAt) {
			a.ExpiresAt = end
		}
	}
	if !a.ExpiresAt.After(a.IssuedAt) {
		return nil, unacceptable("tokens that have not expired", "one within the tolerated difference of clocks")
	}
	a.Opaque = a.Opaque && r.Form.Get("requested_token_type") != core.TokenTypeJWT
	return &a, nil
}

// event names who is spoken for, who acts, and who asked.
func (g *Grant) event(ctx context.Context, r *request, a *core.AccessToken) *storage.AuditEvent {
	e := audit.Event{
		Type: audit.TokenExchange, Severity: audit.Notice, ActorKind: audit.Client, Actor: r.Client.ClientID, Client: r.Client.ClientID,
		Target: "token:" + a.ID.String(), Reason: "impersonation", Data: map[string]any{
			"subject": r.subject.kind() + ":" + r.subject.id(), "subject_client": r.subject.client, "scopes": r.scopes, "audience": r.targets,
		},
	}
	if r.actor != nil {
		e.Reason, e.ActorKind, e.Actor = "delegation", r.actor.kind(), r.actor.id()
	}
	if r.subject.issuer != "" {
		e.Data["issuer"] = r.subject.issuer
	}
	return g.Audit.Row(ctx, g.Tenant, e)
}
