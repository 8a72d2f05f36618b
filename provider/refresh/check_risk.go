package refresh

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkRisk refuses a refresh that looks like somebody else's: a stolen token of a public client is all that a thief needs. Confidential clients and tokens that are
// bound to a key are not looked at: where a client's servers stand says nothing about the person. Nothing is revoked, so that whoever is refused cannot end what
// the owner uses.
func checkRisk(ctx context.Context, r *request) error {
	if r.g.Watch == nil || !r.Client.Public() || len(r.grant.Cnf) > 0 {
		return nil
	}
	if reason := r.g.Watch.Refreshed(ctx, r.grant, r.Client.ClientID); reason != "" {
		return core.InvalidGrant("a refresh from where the grant is used", reason)
	}
	return nil
}
