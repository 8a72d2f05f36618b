package refresh

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkAuthentic finds the grant that the token names. A forged token ends here without a query.
func checkAuthentic(ctx context.Context, r *request) error {
	token := r.Form.Get("refresh_token")
	if token == "" {
		return core.InvalidRequest("The refresh_token parameter is missing.", "a refresh token", "none")
	}
	presented, ok := r.g.Tokens.ParseRefresh(token)
	if !ok {
		return core.InvalidGrant("a refresh token of ours", "another text")
	}
	grant, err := r.g.Reader.GrantByID(ctx, r.g.Tenant, presented.Grant)
	if errs.CodeOf(err) == errs.NotFound {
		return core.InvalidGrant("a standing grant", "none")
	}
	if err != nil {
		return err
	}
	r.presented, r.grant = presented, grant
	return nil
}

func checkClient(_ context.Context, r *request) error {
	if r.grant.Client != r.Client.ID {
		return core.InvalidGrant("the client that the token was issued to", "another")
	}
	return nil
}

// checkBound wants the keys that the refresh tokens are tied to (RFC 9449 section 5, RFC 8705 section 4).
func checkBound(_ context.Context, r *request) error { return core.BoundRefresh(r.grant, r.Binding) }

// checkLive refuses revoked and expired grants, and people who were locked, disabled or erased since.
func checkLive(ctx context.Context, r *request) error {
	if !r.grant.Refresh || !r.grant.Live(r.g.Redeemer.Now()) {
		return core.InvalidGrant("a live grant with a refresh token", "another")
	}
	return r.g.Live.PersonActive(ctx, r.grant)
}

// checkGeneration accepts the current token, and its immediate predecessor within the grace; anything older ends the grant.
func checkGeneration(ctx context.Context, r *request) error {
	g := r.grant
	switch r.presented.Generation {
	case g.Generation:
		return r.match(g.Nonce1)
	case g.Generation - 1:
		if err := r.match(g.Nonce0); err != nil {
			return err
		}
		if g.RotatedAt != nil && r.g.Redeemer.Now().Before(g.RotatedAt.Add(r.g.Config.RefreshGrace)) {
			return nil
		}
	}
	if r.presented.Generation > g.Generation {
		return core.InvalidGrant("the current generation", "a later one")
	}
	if err := r.g.Redeemer.Revoke(ctx, g, r.Client, "refresh_reuse"); err != nil {
		return err
	}
	return core.InvalidGrant("the current refresh token", "an older one")
}

func (r *request) match(sealed seal.Text) error {
	nonce, err := r.g.Redeemer.Vault.Open(core.NonceAt(r.grant), sealed)
	if err != nil {
		return err
	}
	if !r.g.Tokens.Matches(r.presented, nonce) {
		return core.InvalidGrant("the nonce of the grant", "another")
	}
	return nil
}

// checkRegisteredScope drops what the client's registration no longer has (TK20).
func checkRegisteredScope(_ context.Context, r *request) error {
	for _, s := range r.grant.Scopes {
		if slices.Contains(r.Client.Scopes, s) {
			r.scopes = append(r.scopes, s)
		}
	}
	for _, id := range r.grant.Resources {
		if slices.Contains(r.Client.Metadata.Resources, id) {
			r.resources = append(r.resources, id)
		}
	}
	if len(r.grant.Scopes) > 0 && len(r.scopes) == 0 {
		return core.InvalidGrant("a scope that is still registered", "none")
	}
	return nil
}

func checkNarrow(_ context.Context, r *request) (err error) {
	r.scopes, r.resources, err = core.Narrow(r.Form, r.scopes, r.resources)
	return err
}

// checkPermitted refuses somebody who may not use the client any more. Their grant stays: whoever is let in again goes on.
func checkPermitted(ctx context.Context, r *request) error {
	return r.g.Live.PersonPermitted(ctx, r.Client, r.grant.Person)
}
