package authorize

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// claimPrefix marks, in consent only, the claims of a claims request that no requested scope covers: "claim:profile" asks with the words of the
// profile scope, but grants the named claims alone.
const claimPrefix = "claim:"

// asked is everything the person must agree to: scopes, what the claims parameter adds, and authorization details.
func (r *request) asked() []string {
	out := slices.Clone(r.Scopes)
	for _, scope := range r.e.Vocabulary.Scopes() {
		if !slices.Contains(r.Scopes, scope) && r.asksClaimOf(scope) {
			out = append(out, claimPrefix+scope)
		}
	}
	for _, d := range r.Details {
		if key := d.Key(); !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

func (r *request) asksClaimOf(scope string) bool {
	if !slices.Contains(r.Scopes, "openid") {
		return false
	}
	for _, name := range r.e.Vocabulary.Claims(scope) {
		_, inID := r.Claims.IDToken[name]
		_, inUserinfo := r.Claims.Userinfo[name]
		if inID || inUserinfo {
			return true
		}
	}
	return false
}

// claimsGranted is the claims request cut down to what was allowed; "" when nothing of it is left.
func (v *visit) claimsGranted() (string, error) {
	if v.get("claims") == "" {
		return "", nil
	}
	return v.Claims.Keep(func(name string) bool {
		if name == core.ScopeGroups {
			return slices.Contains(v.granted, core.ScopeGroups)
		}
		scope := v.e.Vocabulary.ScopeOf(name)
		return scope != "" && (slices.Contains(v.granted, scope) || slices.Contains(v.granted, claimPrefix+scope))
	})
}

// scopesGranted is what the grant carries.
func (v *visit) scopesGranted() []string {
	return slices.DeleteFunc(slices.Clone(v.granted), inConsentOnly)
}
