package authorize

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

func checkScope(_ context.Context, r *request) (err error) {
	if r.Client.Metadata.StrictRequestObject && r.get("scope") == "" {
		return core.InvalidRequest("The scope parameter is missing.", "a scope in the request object", "none")
	}
	r.Scopes, err = core.RequestedScopes(r.Client, r.get("scope"))
	return err
}

// checkOpenID refuses an ID token without the openid scope (OpenID Connect Core section 3.2.2.1).
func checkOpenID(_ context.Context, r *request) error {
	if r.returns("id_token") && !slices.Contains(r.Scopes, "openid") {
		return core.InvalidScope("openid for an ID token", "none")
	}
	return nil
}

// checkResource is RFC 8707 section 2.
func checkResource(ctx context.Context, r *request) (err error) {
	r.Resources, err = r.e.Issuance.Resources.Requested(ctx, r.Client, r.Client.Named(r.Params["resource"]))
	return err
}

// checkResourceNamed wants clients of the profile mcp to say which resource a token is for (RFC 8707), unless they ask only who the person is.
func checkResourceNamed(_ context.Context, r *request) error {
	if !r.Client.Demands.Resource || len(r.Resources) > 0 {
		return nil
	}
	if slices.ContainsFunc(r.Scopes, func(s string) bool { return !r.e.Vocabulary.PersonScope(s) }) {
		return core.InvalidTarget("This client must name the resource that it asks for.", "none")
	}
	return nil
}
