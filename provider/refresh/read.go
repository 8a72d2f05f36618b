package refresh

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Genuine implements core.Genuine.
func (g *Grant) Genuine(r *core.TokenRequest) bool {
	_, ok := g.Tokens.ParseRefresh(r.Form.Get("refresh_token"))
	return ok
}

// ReadRefresh returns the grant of a refresh token that would be accepted now, for introspection and revocation. It changes nothing, whatever
// generation the token is of.
func (g *Grant) ReadRefresh(ctx context.Context, token string) (*storage.Grant, error) {
	grant, err := g.Named(ctx, token)
	if err != nil {
		return nil, err
	}
	presented, _ := g.Tokens.ParseRefresh(token)
	if !grant.Refresh || !grant.Live(g.Redeemer.Now()) || presented.Generation != grant.Generation {
		return nil, core.InvalidGrant("the current refresh token of a live grant", "another")
	}
	nonce, err := g.Redeemer.Vault.Open(core.NonceAt(grant), grant.Nonce1)
	if err != nil {
		return nil, err
	}
	if !g.Tokens.Matches(presented, nonce) {
		return nil, core.InvalidGrant("the nonce of the grant", "another")
	}
	return grant, g.Live.PersonActive(ctx, grant)
}

// Named returns the grant that a refresh token of ours names, whether or not the token still counts (RFC 7009: an older one ends the grant too).
func (g *Grant) Named(ctx context.Context, token string) (*storage.Grant, error) {
	presented, ok := g.Tokens.ParseRefresh(token)
	if !ok {
		return nil, core.InvalidGrant("a refresh token of ours", "another text")
	}
	grant, err := g.Reader.GrantByID(ctx, g.Tenant, presented.Grant)
	if errs.CodeOf(err) == errs.NotFound {
		return nil, core.InvalidGrant("a standing grant", "none")
	}
	return grant, err
}
