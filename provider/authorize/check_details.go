package authorize

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkDetails judges authorization_details (RFC 9396 section 5).
func checkDetails(ctx context.Context, r *request) (err error) {
	if raw := r.get("authorization_details"); raw != "" {
		r.Details, err = r.e.Details.Judge(ctx, r.Client, raw)
	}
	return err
}

// asksOnce reports whether the request has a detail that is asked of the person each time.
func (r *request) asksOnce() bool {
	return slices.ContainsFunc(r.Details, func(d core.Detail) bool { return d.Once })
}

// detailsGranted are those of the request that were allowed, as a grant keeps them.
func (v *visit) detailsGranted() (string, error) {
	var list []map[string]any
	for _, d := range v.Details {
		if slices.Contains(v.granted, d.Key()) {
			list = append(list, d.Members)
		}
	}
	return core.CanonicalDetails(list)
}

// inConsentOnly reports whether a name means something other than a scope: see claimPrefix and core.Detail.Key.
func inConsentOnly(name string) bool {
	return strings.HasPrefix(name, claimPrefix) || strings.HasPrefix(name, core.DetailPrefix)
}
