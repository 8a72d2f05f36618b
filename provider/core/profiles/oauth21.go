package profiles

import "github.com/jedan-auth/jedan-auth/storage"

// oauth21 is draft-ietf-oauth-v2-1: the code flow with PKCE, and nothing that hands tokens through the browser. That redirect URIs are compared exactly,
// and that tokens do not come in the query, holds for every client of this server.
func oauth21() Profile {
	return Profile{Name: OAuth21, Title: "OAuth 2.1", Rules: oauth21Rules(), Offer: Offer{ResponseTypes: []string{"code"}, NotGrants: []string{grantImplicit}}}
}

func oauth21Rules() []Rule {
	return []Rule{
		grantsRule("OAuth 2.1 section 1.3", nil, []string{grantImplicit}),
		typesRule("OAuth 2.1 section 4.1.1", "code"),
		switchRule("pkce", "jedan_require_pkce", "OAuth 2.1 section 4.1.1", func(m *storage.ClientMetadata) *bool { return &m.RequirePKCE }, ofCode),
		{Name: "refresh", Member: "jedan_refresh_rotation", Section: "OAuth 2.1 section 4.3.1", Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if m.TokenEndpointAuthMethod == authNone && m.RotateRefresh != nil && !*m.RotateRefresh && !m.DPoPBound && !m.CertificateBound {
				return "must not be false for a public client whose tokens are not bound to a key"
			}
			return ""
		}},
	}
}
