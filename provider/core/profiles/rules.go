package profiles

import (
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Words of registrations.
const (
	grantCode     = "authorization_code"
	grantImplicit = "implicit"
	grantRefresh  = "refresh_token"
	grantClient   = "client_credentials"
	grantCIBA     = "urn:openid:params:grant-type:ciba"

	authKeyJWT        = "private_key_jwt"
	authTLS           = "tls_client_auth"
	authSelfSignedTLS = "self_signed_tls_client_auth"
	authNone          = "none"
)

func jwtModes() []string { return []string{"jwt", "query.jwt", "fragment.jwt", "form_post.jwt"} }

func strong() []string { return []string{authKeyJWT, authTLS, authSelfSignedTLS} }

// ofCode reports whether people are sent to authorize the client; without grant types that is what it is registered for (RFC 7591 section 2).
func ofCode(m *storage.ClientMetadata) bool {
	return len(m.GrantTypes) == 0 && (len(m.ResponseTypes) == 0 || strings.Contains(strings.Join(m.ResponseTypes, " "), "code")) ||
		slices.Contains(m.GrantTypes, grantCode)
}

// switchRule is a rule about a switch that must be on, for the clients that when picks; nil picks all.
func switchRule(name, member, section string, on func(m *storage.ClientMetadata) *bool, when func(m *storage.ClientMetadata) bool) Rule {
	applies := func(m *storage.ClientMetadata) bool { return when == nil || when(m) }
	return Rule{
		Name: name, Member: member, Section: section,
		Set: func(m *storage.ClientMetadata, _ Server) {
			if applies(m) && !slices.Contains(m.Denied, member) {
				*on(m) = true
			}
		},
		Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if applies(m) && !*on(m) {
				return "must be true"
			}
			return ""
		},
	}
}

// grantsRule refuses grant types; without lists those that are allowed, else those that are not.
func grantsRule(section string, allowed, refused []string) Rule {
	return Rule{Name: "grant_types", Member: "grant_types", Section: section, Wrong: func(m *storage.ClientMetadata, _ Server) string {
		for _, g := range m.GrantTypes {
			if len(allowed) > 0 && !slices.Contains(allowed, g) {
				return "must be " + listed(allowed, "or") + " only"
			}
			if slices.Contains(refused, g) {
				return "must not have " + g
			}
		}
		return ""
	}}
}

// typesRule allows some response types.
func typesRule(section string, allowed ...string) Rule {
	return Rule{Name: "response_types", Member: "response_types", Section: section, Wrong: func(m *storage.ClientMetadata, _ Server) string {
		for _, rt := range m.ResponseTypes {
			words := strings.Fields(rt)
			slices.Sort(words)
			if !slices.Contains(allowed, strings.Join(words, " ")) {
				return "must be " + anyOf(allowed) + " only"
			}
		}
		return ""
	}}
}

// methodRule wants a client that proves who it is by a key: by a certificate where its subject is registered, else by a signature.
func methodRule(section string) Rule {
	return Rule{
		Name: "auth_method", Member: "token_endpoint_auth_method", Section: section,
		Set: func(m *storage.ClientMetadata, _ Server) {
			if m.TokenEndpointAuthMethod != "" {
				return
			}
			m.TokenEndpointAuthMethod = authKeyJWT
			if m.TLSSubjectDN+m.TLSSanDNS+m.TLSSanURI+m.TLSSanIP+m.TLSSanEmail != "" {
				m.TokenEndpointAuthMethod = authTLS
			}
		},
		Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if slices.Contains(strong(), m.TokenEndpointAuthMethod) {
				return ""
			}
			return "must be " + anyOf(strong())
		},
	}
}

// algRules bound every algorithm that signatures from and to the client may have, and set those whose default is another.
func algRules(section string, allowed []string) []Rule {
	var out []Rule
	for _, a := range []struct {
		member string
		of     func(m *storage.ClientMetadata) *string
		usual  bool // RS256 unless the registration says otherwise
	}{
		{"id_token_signed_response_alg", func(m *storage.ClientMetadata) *string { return &m.IDTokenSignedResponseAlg }, true},
		{"authorization_signed_response_alg", func(m *storage.ClientMetadata) *string { return &m.AuthorizationSignedResponseAlg }, true},
		{"introspection_signed_response_alg", func(m *storage.ClientMetadata) *string { return &m.IntrospectionSignedRespAlg }, true},
		{"userinfo_signed_response_alg", func(m *storage.ClientMetadata) *string { return &m.UserinfoSignedRespAlg }, false},
		{"jedan_access_token_alg", func(m *storage.ClientMetadata) *string { return &m.AccessTokenAlg }, false},
		{"request_object_signing_alg", func(m *storage.ClientMetadata) *string { return &m.RequestObjectSigningAlg }, false},
		{"token_endpoint_auth_signing_alg", func(m *storage.ClientMetadata) *string { return &m.TokenEndpointAuthSignAlg }, false},
		{"backchannel_authentication_request_signing_alg", func(m *storage.ClientMetadata) *string { return &m.BackchannelRequestAlg }, false},
	} {
		r := Rule{Name: a.member, Member: a.member, Section: section, Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if alg := *a.of(m); alg != "" && !slices.Contains(allowed, alg) {
				return "must be " + anyOf(allowed)
			}
			return ""
		}}
		if a.usual {
			r.Set = func(m *storage.ClientMetadata, _ Server) {
				if *a.of(m) == "" {
					*a.of(m) = "ES256" // which every server of ours has a key for
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// modesRule wants responses that are signed (JARM), for the clients that when picks.
func modesRule(section string, when func(m *storage.ClientMetadata) bool) Rule {
	return Rule{
		Name: "response_modes", Member: "response_modes", Section: section,
		Set: func(m *storage.ClientMetadata, _ Server) {
			if len(m.ResponseModes) == 0 && when(m) {
				m.ResponseModes = []string{"jwt"}
			}
		},
		Wrong: func(m *storage.ClientMetadata, _ Server) string {
			plain := func(mode string) bool { return !slices.Contains(jwtModes(), mode) }
			if when(m) && (len(m.ResponseModes) == 0 || slices.ContainsFunc(m.ResponseModes, plain)) {
				return "must be " + anyOf(jwtModes()) + " only"
			}
			return ""
		},
	}
}

// redirectsRule keeps answers off unencrypted connections: http is only for a native application's loopback address.
func redirectsRule(section string, native bool) Rule {
	return Rule{Name: "redirect_uris", Member: "redirect_uris", Section: section, Wrong: func(m *storage.ClientMetadata, _ Server) string {
		for _, uri := range m.RedirectURIs {
			if strings.HasPrefix(uri, "https://") || native && m.ApplicationType == "native" && strings.HasPrefix(uri, "http://") {
				continue
			}
			if native {
				return "must be https, unless application_type is native and the address is a loopback one"
			}
			return "must be https"
		}
		return ""
	}}
}

// clocksRule bounds how far in the future a client's JWT may begin.
func clocksRule(section string) Rule {
	return Rule{Name: "clock_skew", Member: "profile", Section: section, Wrong: func(_ *storage.ClientMetadata, s Server) string {
		if s.Skew > time.Minute {
			return "needs a server whose tokens.clock_skew is at most 60s"
		}
		return ""
	}}
}

// boundRule wants tokens that are bound to a certificate or a DPoP key.
func boundRule(section string) Rule {
	return Rule{
		Name: "bound", Member: "dpop_bound_access_tokens", Section: section,
		Set: func(m *storage.ClientMetadata, _ Server) {
			if m.DPoPBound || m.CertificateBound {
				return
			}
			tls := m.TokenEndpointAuthMethod == authTLS || m.TokenEndpointAuthMethod == authSelfSignedTLS || slices.Contains(m.Denied, "dpop_bound_access_tokens")
			if tls && !slices.Contains(m.Denied, "tls_client_certificate_bound_access_tokens") {
				m.CertificateBound = true
			} else {
				m.DPoPBound = !slices.Contains(m.Denied, "dpop_bound_access_tokens")
			}
		},
		Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if m.DPoPBound || m.CertificateBound {
				return ""
			}
			return "or tls_client_certificate_bound_access_tokens must be true"
		},
	}
}
