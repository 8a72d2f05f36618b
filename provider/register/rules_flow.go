package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Words of RFC 7591 section 2 and OpenID Connect Registration section 2.
const (
	grantCode     = "authorization_code"
	grantImplicit = "implicit"
	grantRefresh  = "refresh_token"
	grantClient   = "client_credentials"

	web    = "web"
	native = "native"
)

func grantTypes() []string {
	return []string{grantCode, grantImplicit, grantRefresh, grantClient, grantDevice, grantCIBA, core.GrantTokenExchange, core.GrantJWTBearer}
}

// responseTypes, words sorted, with the grant types that each needs (OpenID Connect Registration section 2).
func responseTypes() map[string][]string {
	both := []string{grantCode, grantImplicit}
	return map[string][]string{
		"code": {grantCode}, "id_token": {grantImplicit}, "token": {grantImplicit}, "id_token token": {grantImplicit},
		"code id_token": both, "code token": both, "code id_token token": both,
	}
}

// ofPeople reports whether people are sent to authorize the client.
func (c candidate) ofPeople() bool {
	return slices.Contains(c.GrantTypes, grantCode) || slices.Contains(c.GrantTypes, grantImplicit)
}

// checkGrantTypes knows the grant types that this server has. What goes without a person is not to be had by metadata alone (DR04): it needs members
// that only an operator sets, or the operator's leave.
func checkGrantTypes(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "grant_types", c.GrantTypes, func(s string) string {
		if !slices.Contains(grantTypes(), s) {
			return "must be " + words(grantTypes(), "or")
		}
		return ""
	})
}

func checkResponseTypes(_ context.Context, c candidate) error {
	var seen []string
	for i, rt := range c.ResponseTypes {
		member, sorted := fmt.Sprintf("response_types[%d]", i), core.SortWords(rt)
		if _, ok := responseTypes()[sorted]; !ok || len(strings.Fields(rt)) != strings.Count(rt, " ")+1 {
			return refuse(member, "must be code, id_token, token, or several of them with a space between")
		}
		if slices.Contains(seen, sorted) {
			return refuse(member, "must not repeat an earlier value")
		}
		seen = append(seen, sorted)
	}
	return nil
}

// checkTypesMatch holds grant types and response types against each other (RFC 7591 section 2.1).
func checkTypesMatch(_ context.Context, c candidate) error {
	var used []string
	for i, rt := range c.ResponseTypes {
		for _, grant := range responseTypes()[core.SortWords(rt)] {
			if !slices.Contains(c.GrantTypes, grant) {
				return refuse(fmt.Sprintf("response_types[%d]", i), "needs the grant type "+grant)
			}
			used = append(used, grant)
		}
	}
	for _, grant := range []string{grantCode, grantImplicit} {
		if slices.Contains(c.GrantTypes, grant) && !slices.Contains(used, grant) {
			return refuse("grant_types", "must not have "+grant+" without a response type of it")
		}
	}
	if slices.Contains(c.GrantTypes, grantRefresh) && !c.refreshes() {
		return refuse("grant_types", "must not have refresh_token without "+words(refreshable(), "or"))
	}
	return nil
}

func checkResponseModes(_ context.Context, c candidate) error {
	modes := core.ResponseModes()
	return eachOf(CodeMetadata, "response_modes", c.ResponseModes, func(s string) string {
		if !slices.Contains(modes, s) {
			return "must be " + words(modes, "or")
		}
		return ""
	})
}

func checkAuthMethod(_ context.Context, c candidate) error {
	return oneOf("token_endpoint_auth_method", c.TokenEndpointAuthMethod, c.r.authMethods())
}

// checkMethodMatches: what a client alone can get needs a client that proves who it is (RFC 6749 section 4.4), and some methods need keys.
func checkMethodMatches(_ context.Context, c candidate) error {
	switch m := c.TokenEndpointAuthMethod; {
	case m == core.AuthNone && slices.Contains(c.GrantTypes, grantClient):
		return refuse("token_endpoint_auth_method", "must not be none for the grant type client_credentials")
	case (m == core.AuthPrivateKeyJWT || m == core.AuthSelfSignedTLS) && len(c.JWKS) == 0 && c.JWKSURI == "":
		return refuse("jwks", "must hold the client's public keys for "+m+", or jwks_uri name where they are")
	case len(authAlgs(m)) == 0 && c.TokenEndpointAuthSignAlg != "":
		return refuse("token_endpoint_auth_signing_alg", "is only for private_key_jwt and client_secret_jwt")
	}
	return nil
}

func checkApplicationType(_ context.Context, c candidate) error {
	return oneOf("application_type", c.ApplicationType, []string{web, native})
}
