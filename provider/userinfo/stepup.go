package userinfo

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Demands says what UserInfo wants of the sign-in behind a token.
type Demands interface {
	Get(ctx context.Context) (core.SignInDemands, error)
}

// checkAuthentication asks for a step-up (RFC 9470) where an operator registered this endpoint as a resource with demands.
func checkAuthentication(ctx context.Context, r *request) error {
	d, err := r.e.Demands.Get(ctx)
	if err != nil {
		return err
	}
	if !d.Met(r.ACR, r.AuthTime, r.e.Now()) {
		return core.InsufficientAuthentication(d)
	}
	return nil
}
