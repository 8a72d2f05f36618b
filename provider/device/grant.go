package device

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Param is the token request's parameter with the device code (RFC 8628 section 3.4).
const Param = "device_code"

// Grant is the device_code grant type.
type Grant struct{ Answers *core.Decoupled }

// GrantType implements core.GrantType.
func (g *Grant) GrantType() string { return GrantType }

// Genuine implements core.Genuine.
func (g *Grant) Genuine(r *core.TokenRequest) bool { return g.Answers.Genuine(r) }

// rows is the table of the device code grant.
func rows() []core.Row[core.Poll] {
	return []core.Row[core.Poll]{
		{Name: "device_code.authentic", Check: core.CheckHandle},
		{Name: "device_code.stands", Check: core.CheckStands},
		{Name: "device_code.unspent", Check: core.CheckUnspent},
		{Name: "device_code.unexpired", Check: core.CheckUnexpired},
		{Name: "device_code.pace", Check: core.CheckPace},
		{Name: "device_code.allowed", Check: core.CheckAllowed},
		{Name: "device_code.answered", Check: core.CheckAnswered},
		{Name: "device_code.registered", Check: core.CheckRegistered},
		{Name: "device_code.person", Check: core.CheckPerson},
		{Name: "device_code.permitted", Check: core.CheckPermitted},
	}
}

// Serve implements core.GrantType.
func (g *Grant) Serve(ctx context.Context, r *core.TokenRequest) (*core.TokenResponse, error) {
	return g.Answers.Answer(ctx, r, "device_code", rows())
}
