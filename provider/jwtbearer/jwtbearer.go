package jwtbearer

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Counter notes that a token was issued.
type Counter interface {
	Issued(ctx context.Context, c *core.Client, a *core.AccessToken) error
}

// Grant is the jwt-bearer grant type.
type Grant struct {
	Issuance   *core.Issuance
	Issuers    *core.Issuers
	Vouching   *core.Vouching
	Live       *core.Live
	Replays    storage.Replays
	Tokens     *core.Tokens
	Counter    Counter
	Vocabulary *core.Vocabulary
	Config     core.Config
	Tenant     storage.ID
	Endpoint   string // URL of the token endpoint
	Now        func() time.Time
	Log        core.RefusalLog
}

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return core.GrantJWTBearer }

// request is what the rows judge.
type request struct {
	g *Grant
	*core.TokenRequest
	assertion *core.Assertion
	person    *storage.Person // nil: a service
	scopes    []string
	resources []string
}

// Rows is the table of the jwt-bearer grant. The assertion is spent last: what is refused for another reason can be sent again.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "jwt_bearer.policy", Check: checkPolicy},
		{Name: "jwt_bearer.assertion", Check: checkAssertion},
		{Name: "jwt_bearer.audience", Check: checkAudience},
		{Name: "jwt_bearer.lifetime", Check: checkLifetime},
		{Name: "jwt_bearer.subject", Check: checkSubject},
		{Name: "jwt_bearer.permitted", Check: checkPermitted},
		{Name: "jwt_bearer.scope", Check: checkScope},
		{Name: "jwt_bearer.resource", Check: checkResource},
		{Name: "jwt_bearer.once", Check: checkOnce},
	}
}

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, tr *core.TokenRequest) (*core.TokenResponse, error) {
	r := &request{g: g, TokenRequest: tr}
	vs, err := core.Run(ctx, Rows(), r)
	if err != nil {
		g.Log.Verdicts(ctx, "jwt_bearer", vs)
		return nil, err
	}
	grant, err := g.grant(ctx, r)
	if err != nil {
		return nil, err
	}
	a, err := g.Issuance.ForRequest(ctx, r.TokenRequest, grant, r.scopes, r.resources)
	if err != nil {
		return nil, err
	}
	out := core.NewTokenResponse(&a)
	if out.AccessToken, err = g.Tokens.MintAccess(&a); err != nil {
		return nil, err
	}
	return out, g.Counter.Issued(ctx, r.Client, &a)
}

// grant is what a person's token hangs on; a service's needs none, as in client credentials.
func (g *Grant) grant(ctx context.Context, r *request) (*storage.Grant, error) {
	if r.person == nil {
		return nil, nil //nolint:nilnil // a service has no grant
	}
	life, err := g.Issuance.Lifetime(ctx, r.Client, r.resources)
	if err != nil {
		return nil, err
	}
	made, inserted, err := g.Vouching.Grant(ctx, &core.Vouched{
		Kind: "assertion", Client: r.Client, Person: r.person, Assertion: r.assertion, Once: r.assertion.ID, Scopes: r.scopes, Resources: r.resources,
		ExpiresAt: g.Now().Add(life),
	})
	if err == nil && !inserted {
		return nil, core.InvalidGrant("an assertion that was not used before", "a used one")
	}
	return made, err
}
