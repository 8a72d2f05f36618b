package register

import (
	"context"
	"slices"
)

// checkDetailTypes: a client asks for types that this server knows (RFC 9396 section 10).
func checkDetailTypes(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "authorization_details_types", c.DetailTypes, func(s string) string {
		if !slices.Contains(c.r.d.DetailTypes, s) {
			return "must be a type of the configuration (tokens.authorization_details)"
		}
		return ""
	})
}
