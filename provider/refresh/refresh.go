package refresh

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Claims chooses the claims of a person for an ID token.
type Claims interface {
	IDTokenClaims(ctx context.Context, g *storage.Grant, withAccessToken bool) (map[string]any, error)
}

// Counter notes that a token is about to be handed out, durably where the client is registered for that, and that a grant was used, in memory;
// somebody else writes that down in batches.
type Counter interface {
	Issued(ctx context.Context, c *core.Client, a *core.AccessToken) error
	Used(ctx context.Context, c *core.Client, g *storage.Grant)
}

// Watch judges from where a grant is used. It answers from memory and waits for nothing. reason is "" when nothing speaks against it.
type Watch interface {
	Refreshed(ctx context.Context, g *storage.Grant, clientID string) (reason string)
}

// Upstream says whether the one on whose word somebody was signed in still vouches for them: errs.Forbidden when not, errs.Unavailable when that is not known.
type Upstream interface {
	Vouches(ctx context.Context, link storage.ID) error
}

// Grant is the refresh_token grant type.
type Grant struct {
	Reader   storage.GrantReader
	Redeemer *core.Redeemer
	Issuance *core.Issuance
	Live     *core.Live
	Claims   Claims
	Counter  Counter
	Tokens   *core.Tokens
	Tenant   storage.ID
	Config   core.Config
	Log      core.RefusalLog
	Watch    Watch    // nil: nobody watches
	Upstream Upstream // nil: there is none
}

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return "refresh_token" }

// request is what the rows judge.
type request struct {
	g *Grant
	*core.TokenRequest
	presented *core.RefreshToken
	grant     *storage.Grant
	scopes    []string
	resources []string
}

// Rows is the table of the refresh grant. Client and key before generation: a replay by somebody else must not end the grant.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "refresh.authentic", Check: checkAuthentic},
		{Name: "refresh.client", Check: checkClient},
		{Name: "refresh.bound", Check: checkBound},
		{Name: "refresh.live", Check: checkLive},
		{Name: "refresh.permitted", Check: checkPermitted},
		{Name: "refresh.generation", Check: checkGeneration},
		{Name: "refresh.risk", Check: checkRisk},
		{Name: "refresh.registered_scope", Check: checkRegisteredScope},
		{Name: "refresh.narrow", Check: checkNarrow},
		{Name: "refresh.upstream", Check: checkUpstream},
	}
}

var table = Rows() // made once: a request only reads it

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, tr *core.TokenRequest) (*core.TokenResponse, error) {
	r := &request{g: g, TokenRequest: tr}
	vs, err := core.Run(ctx, table, r)
	if err != nil {
		g.Log.Verdicts(ctx, "refresh", vs)
		return nil, err
	}
	access, err := g.Issuance.ForRequest(ctx, r.TokenRequest, r.grant, r.scopes, r.resources)
	if err != nil {
		return nil, err
	}
	out := core.NewTokenResponse(&access)
	if out.AccessToken, err = g.Tokens.MintAccess(&access); err != nil {
		return nil, err
	}
	if err := g.idToken(ctx, r, out, access.IssuedAt); err != nil {
		return nil, err
	}
	if err := g.Counter.Issued(ctx, r.Client, &access); err != nil { // before the rotation, which a client that is told to try again must find undone
		return nil, err
	}
	out.RefreshToken, err = g.next(ctx, r)
	if err != nil {
		return nil, err
	}
	g.Counter.Used(ctx, r.Client, r.grant)
	return out, nil
}

// idToken adds an ID token only where the client asked for one at registration; it has no nonce and the original auth_time (OpenID Connect Core
// section 12.2).
func (g *Grant) idToken(ctx context.Context, r *request, out *core.TokenResponse, now time.Time) error {
	if !r.Client.Metadata.RefreshIDToken || !r.grant.Scopes.Has("openid") {
		return nil
	}
	claims, err := g.Claims.IDTokenClaims(ctx, r.grant, true)
	if err != nil {
		return err
	}
	again := *r.grant
	again.Nonce = ""
	out.IDToken, err = g.Tokens.MintIDToken(ctx, &core.IDToken{
		Grant: &again, Client: r.Client, IssuedAt: now, ExpiresAt: now.Add(r.Client.IDTokenLife(g.Config.IDTokenLifetime)), AccessToken: out.AccessToken, Claims: claims,
	})
	return err
}

// next returns the refresh token of the answer: the same one, or its successor.
func (g *Grant) next(ctx context.Context, r *request) (string, error) {
	if r.presented.Generation == r.grant.Generation-1 { // an honest retry within the grace (checkGeneration): the same successor again
		return g.successor(r.grant)
	}
	if !r.grant.Rotates {
		return r.Form.Get("refresh_token"), nil
	}
	nonce, sealed := g.Redeemer.NewNonce(r.grant)
	done, err := g.Redeemer.Grants.RotateRefresh(ctx, storage.RotateRefresh{
		Tenant: r.grant.Tenant, Grant: r.grant.ID, Client: r.Client.ID, From: r.grant.Generation, Next: sealed, Now: g.Redeemer.Now(),
	}, g.event(ctx, r))
	if err != nil {
		return "", err
	}
	if done {
		return g.Tokens.Refresh(r.grant.ID, r.grant.Generation+1, nonce), nil
	}
	return g.lost(ctx, r)
}

func (g *Grant) event(ctx context.Context, r *request) *storage.AuditEvent {
	if !r.Client.Metadata.AuditTokens {
		return nil
	}
	return g.Redeemer.Event(ctx, r.grant, r.Client, "grant.refresh", "")
}

// lost handles a rotation that another request won: within the grace both get the same successor.
func (g *Grant) lost(ctx context.Context, r *request) (string, error) {
	grant, err := g.Reader.GrantByID(ctx, g.Tenant, r.grant.ID)
	if errs.CodeOf(err) == errs.NotFound {
		return "", core.InvalidGrant("a standing grant", "none")
	}
	if err != nil {
		return "", err
	}
	r.grant = grant
	if err := checkLive(ctx, r); err != nil {
		return "", err
	}
	if err := checkGeneration(ctx, r); err != nil {
		return "", err
	}
	return g.successor(grant)
}

func (g *Grant) successor(grant *storage.Grant) (string, error) {
	nonce, err := g.Redeemer.Vault.Open(core.NonceAt(grant), grant.Nonce1)
	if err != nil {
		return "", err
	}
	return g.Tokens.Refresh(grant.ID, grant.Generation, nonce), nil
}
