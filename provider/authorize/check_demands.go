package authorize

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkDemands notes what the requested resources want of the sign-in (RFC 9470): a token for them is of no use without it.
func checkDemands(ctx context.Context, r *request) error {
	for _, id := range r.Resources {
		res, err := r.e.Issuance.Resources.ByIdentifier(ctx, id)
		if err != nil {
			return err
		}
		d := core.SignInDemandsOf(res)
		if d.MaxAge > 0 && (r.MaxAge < 0 || d.MaxAge < r.MaxAge) {
			r.MaxAge = d.MaxAge
		}
		if len(d.ACR) == 0 {
			continue
		}
		if !core.ReachableACR(d.ACR) {
			return core.UnmetAuthentication("a class that can be had here", "those of the resource")
		}
		r.demands = append(r.demands, d.ACR)
	}
	return nil
}

// needDemands is needACR for what the resources want.
func needDemands(ctx context.Context, v *visit) error {
	for _, classes := range v.demands {
		if !slices.ContainsFunc(classes, v.meets) {
			return v.stepUp(ctx, classes, "an authentication that the resource demands")
		}
	}
	return nil
}
