package authorize

import (
	"context"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

func checkScope(_ context.Context, r *request) error {
	for _, s := range core.Words(r.get("scope")) {
		if !scopeToken(s) || !slices.Contains(r.Client.Scopes, s) {
			return core.InvalidScope("registered scopes", "another")
		}
		if !slices.Contains(r.Scopes, s) {
			r.Scopes = append(r.Scopes, s)
		}
	}
	return nil
}

// scopeToken is RFC 6749 section 3.3.
func scopeToken(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// checkOpenID refuses an ID token without the openid scope (OpenID Connect Core section 3.2.2.1).
func checkOpenID(_ context.Context, r *request) error {
	if r.returns("id_token") && !slices.Contains(r.Scopes, "openid") {
		return core.InvalidScope("openid for an ID token", "none")
	}
	return nil
}

// checkResource is RFC 8707 section 2.
func checkResource(ctx context.Context, r *request) error {
	for _, id := range r.Params["resource"] {
		u, err := url.Parse(id)
		if err != nil || !u.IsAbs() || u.Fragment != "" {
			return core.InvalidTarget("A resource is an absolute URI without fragment.", "another text")
		}
		if !slices.Contains(r.Client.Metadata.Resources, id) {
			return core.InvalidTarget("The resource is not registered for this client.", "another resource")
		}
		if _, err := r.e.Issuance.Resources.ByIdentifier(ctx, id); errs.CodeOf(err) == errs.NotFound {
			return core.InvalidTarget("The resource is unknown.", "an unknown resource")
		} else if err != nil {
			return err
		}
		if !slices.Contains(r.Resources, id) {
			r.Resources = append(r.Resources, id)
		}
	}
	return nil
}
