package core

import (
	"context"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// RequestedScopes are the scopes that a request for a person names, each once. Every one must be registered for the client (RFC 6749 section 3.3).
// It is the one rule of every endpoint that a person's authorization begins at.
func RequestedScopes(c *Client, scope string) ([]string, error) {
	var out []string
	for _, s := range Words(scope) {
		if !scopeToken(s) || !slices.Contains(c.Scopes, s) {
			return nil, InvalidScope("registered scopes", "another")
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
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

// Requested are the resources that a request for a person names, each once (RFC 8707 section 2).
func (r *Resources) Requested(ctx context.Context, c *Client, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		u, err := url.Parse(id)
		if err != nil || !u.IsAbs() || u.Fragment != "" {
			return nil, InvalidTarget("A resource is an absolute URI without fragment.", "another text")
		}
		if !slices.Contains(c.Metadata.Resources, id) {
			return nil, InvalidTarget("The resource is not registered for this client.", "another resource")
		}
		if _, err := r.ByIdentifier(ctx, id); errs.CodeOf(err) == errs.NotFound {
			return nil, InvalidTarget("The resource is unknown.", "an unknown resource")
		} else if err != nil {
			return nil, err
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}
