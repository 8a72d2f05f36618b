package register

import (
	"fmt"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// userinfoPath is UserInfo's below the issuer.
const userinfoPath = "/oauth2/userinfo"

func (r *Registrar) judgeAlg(alg string) error {
	if alg == "" {
		return nil
	}
	return oneOf("jedan_access_token_alg", alg, r.d.Algorithms)
}

// judgeDemands: what a resource demands of a sign-in can be had here, or nobody would ever get a token for it.
func (r *Registrar) judgeDemands(res Resource) error {
	if res.MaxAge < 0 || res.MaxAge > maxAuthMaxAge {
		return refuse("jedan_max_age", "must be a number of seconds, or 0 for any")
	}
	for i, acr := range res.ACRValues {
		member := fmt.Sprintf("jedan_acr_values[%d]", i)
		if !slices.Contains(core.SupportedACR(r.d.Classes...), acr) {
			return refuse(member, "must be "+words(core.SupportedACR(r.d.Classes...), "or")+": others cannot be had here")
		}
		if slices.Contains(res.ACRValues[:i], acr) {
			return refuse(member, "must not repeat an earlier value")
		}
	}
	return nil
}

// judgeOwn lets UserInfo be registered for what it demands, and nothing more: its tokens are the clients' affair, and nobody else's to introspect.
func (r *Registrar) judgeOwn(res Resource) error {
	if res.Identifier != r.d.Issuer+userinfoPath {
		return nil
	}
	if res.Owner != "" || res.TokenFormat != "" || res.Seconds != 0 || res.Alg != "" || len(res.Scopes) > 0 {
		return refuse("resource", "is UserInfo, which can only have a name, jedan_acr_values and jedan_max_age")
	}
	return nil
}
