package register

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkPKCEOptional: only a public web client needs leave to go without PKCE. Confidential clients need none, and a native application's code can be had
// by another on the same device (RFC 8252 section 8.1).
func checkPKCEOptional(_ context.Context, c candidate) error {
	switch {
	case !c.PKCEOptional:
		return nil
	case c.TokenEndpointAuthMethod != core.AuthNone || c.ApplicationType == "native":
		return refuse("jedan_pkce_optional", "is only for public clients with the application_type web")
	case c.RequirePKCE:
		return refuse("jedan_pkce_optional", "must not be true with jedan_require_pkce")
	}
	return nil
}
