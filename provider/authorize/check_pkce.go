package authorize

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkPKCEMethod takes S256 only (RFC 9700 section 2.1.1): a challenge without a method would mean plain.
func checkPKCEMethod(_ context.Context, r *request) error {
	method := r.get("code_challenge_method")
	if method != "" && method != "S256" || method == "" && r.Params.Has("code_challenge") {
		return core.InvalidRequest("The code_challenge_method must be S256.", "S256", "another or none")
	}
	return nil
}

func checkPKCERequired(_ context.Context, r *request) error {
	m := &r.Client.Metadata
	// FAPI 1.0 Advanced section 5.2.2-18 wants it of what is pushed.
	must := r.Client.Public() && !m.PKCEOptional || m.RequirePKCE || m.StrictRequestObject && (r.from.push || !r.Pushed.IsZero())
	if r.returns("code") && must && r.get("code_challenge") == "" {
		return core.InvalidRequest("This client must send a code_challenge.", "a code_challenge", "none")
	}
	return nil
}

// checkPKCEChallenge wants the 43 characters of a base64url-encoded SHA-256 (RFC 7636 section 4.2).
func checkPKCEChallenge(_ context.Context, r *request) error {
	challenge := r.get("code_challenge")
	if challenge == "" && !r.Params.Has("code_challenge") && !r.Params.Has("code_challenge_method") {
		return nil
	}
	if len(challenge) != 43 || !base64url(challenge) {
		return core.InvalidRequest("The code_challenge is not 43 base64url characters.", "43 base64url characters", "another text")
	}
	return nil
}

func base64url(s string) bool {
	for _, c := range []byte(s) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		if !ok {
			return false
		}
	}
	return true
}
