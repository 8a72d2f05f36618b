package discovery

import "github.com/jedan-auth/jedan-auth/provider/core"

// grantTypes are those that a client could use now.
func grantTypes(on Features) []string {
	out := []string{"authorization_code", "implicit", "refresh_token", "client_credentials", grantDevice, grantCIBA, core.GrantTokenExchange}
	if on.Assertions {
		out = append(out, core.GrantJWTBearer)
	}
	return out
}
