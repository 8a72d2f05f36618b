package ciba

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Param is the token request's parameter with the auth_req_id (section 10.1).
const Param = "auth_req_id"

// Grant is the CIBA grant type.
type Grant struct{ Answers *core.Decoupled }

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return GrantType }

// rows is the table of the CIBA grant.
func rows() []core.Row[core.Poll] {
	return []core.Row[core.Poll]{
		{Name: "auth_req_id.authentic", Check: core.CheckHandle},
		{Name: "auth_req_id.stands", Check: core.CheckStands},
		{Name: "auth_req_id.unspent", Check: core.CheckUnspent},
		{Name: "auth_req_id.unexpired", Check: core.CheckUnexpired},
		{Name: "auth_req_id.pace", Check: core.CheckPace},
		{Name: "auth_req_id.allowed", Check: core.CheckAllowed},
		{Name: "auth_req_id.answered", Check: core.CheckAnswered},
		{Name: "auth_req_id.registered", Check: core.CheckRegistered},
		{Name: "auth_req_id.person", Check: core.CheckPerson},
		{Name: "auth_req_id.permitted", Check: core.CheckPermitted},
	}
}

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, r *core.TokenRequest) (*core.TokenResponse, error) {
	return g.Answers.Answer(ctx, r, "auth_req_id", rows())
}
