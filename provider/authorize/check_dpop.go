package authorize

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkDPoPKey reads dpop_jkt: the thumbprint of the key without which the code will be worth nothing (RFC 9449 section 10).
func checkDPoPKey(_ context.Context, r *request) error {
	if jkt := r.get("dpop_jkt"); jkt != "" && !core.IsThumbprint(jkt) {
		return core.InvalidRequest("The dpop_jkt is not a SHA-256 thumbprint in base64url.", "43 base64url characters", "another text")
	}
	return nil
}
