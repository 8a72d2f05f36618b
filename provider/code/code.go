package code

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Claims chooses the claims of a person for an ID token.
type Claims interface {
	IDTokenClaims(ctx context.Context, g *storage.Grant, withAccessToken bool) (map[string]any, error)
}

// Grant is the authorization_code grant type.
type Grant struct {
	Reader   storage.GrantReader
	Redeemer *core.Redeemer
	Engine   *core.Engine
	Issuance *core.Issuance
	Live     *core.Live
	Claims   Claims
	Tokens   *core.Tokens
	Tenant   storage.ID
	IDLife   time.Duration
	Log      core.RefusalLog
}

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return "authorization_code" }

// request is what the rows judge.
type request struct {
	g *Grant
	*core.TokenRequest
	grant *storage.Grant
}

// Rows is the table of the authorization code grant.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "code.authentic", Check: checkAuthentic},
		{Name: "code.client", Check: checkClient},
		{Name: "code.unused", Check: checkUnused},
		{Name: "code.unexpired", Check: checkUnexpired},
		{Name: "code.redirect_uri", Check: checkRedirectURI},
		{Name: "code.verifier", Check: checkVerifier},
		{Name: "code.dpop_jkt", Check: checkKey},
		{Name: "code.live", Check: checkLive},
		{Name: "code.permitted", Check: checkPermitted},
	}
}

var table = Rows() // made once: a request only reads it

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, tr *core.TokenRequest) (*core.TokenResponse, error) {
	r := &request{g: g, TokenRequest: tr}
	vs, err := core.Run(ctx, table, r)
	if err != nil {
		g.Log.Verdicts(ctx, "code", vs)
		return nil, err
	}
	s, err := g.session(ctx, r)
	if err != nil {
		return nil, err
	}
	return g.Engine.CodeTokens(ctx, s, tr.Form.Get("code"), tr.Form.Get("redirect_uri"), tr.Form.Get("code_verifier"))
}

func (g *Grant) session(ctx context.Context, r *request) (*core.Session, error) {
	scopes, resources, err := core.Narrow(r.Form, r.grant.Scopes, r.grant.Resources)
	if err != nil {
		return nil, err
	}
	access, err := g.Issuance.ForRequest(ctx, r.TokenRequest, r.grant, scopes, resources)
	if err != nil {
		return nil, err
	}
	s := &core.Session{Grant: r.grant, Client: r.Client, Access: access, IDLife: r.Client.IDTokenLife(g.IDLife), Now: access.IssuedAt, Redirect: r.grant.RedirectURI}
	if r.grant.Scopes.Has("openid") {
		s.Claims, err = g.Claims.IDTokenClaims(ctx, r.grant, true)
	}
	return s, err
}
