package register

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// complete fills in what RFC 7591 section 2 and OpenID Connect Registration section 2 say of absent members, so that a registration shows what
// holds. Grant types follow from response types that were given without them.
func complete(m *storage.ClientMetadata) {
	completeForward(m)
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = grantsFor(m.ResponseTypes)
	}
	if len(m.ResponseTypes) == 0 && slices.Contains(m.GrantTypes, grantCode) {
		m.ResponseTypes = []string{"code"}
	}
	set(&m.TokenEndpointAuthMethod, core.AuthSecretBasic)
	set(&m.ApplicationType, web)
	if slices.Contains(m.GrantTypes, grantCIBA) {
		set(&m.BackchannelDelivery, deliveryPoll)
	}
	set(&m.SubjectType, core.SubjectPublic)
	if m.Scope == "" {
		m.Scope = defaultScope(m)
	}
	m.JWKS = compactJWKS(m.JWKS)
	completeEncryption(m)
}

func set(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

func grantsFor(types []string) []string {
	if len(types) == 0 {
		return []string{grantCode}
	}
	var out []string
	for _, rt := range types {
		for _, grant := range responseTypes()[core.SortWords(rt)] {
			if !slices.Contains(out, grant) {
				out = append(out, grant)
			}
		}
	}
	return out
}

// defaultScope is what most applications ask of people, and offline_access where nothing else would bring a refresh token.
func defaultScope(m *storage.ClientMetadata) string {
	c := candidate{ClientMetadata: m}
	if !c.asksPeople() {
		return ""
	}
	scopes := []string{"openid", "profile", "email"}
	if slices.Contains(m.GrantTypes, grantRefresh) && !m.Online {
		scopes = append(scopes, "offline_access")
	}
	return strings.Join(scopes, " ")
}

// compactJWKS drops white space and a JSON null; what is no JSON stays, to be refused by name.
func compactJWKS(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if len(raw) == 0 || json.Compact(&b, raw) != nil {
		return raw
	}
	if b.String() == "null" {
		return nil
	}
	return b.Bytes()
}

// warnings are about what is allowed and yet unwise.
func warnings(m *storage.ClientMetadata) []string {
	var out []string
	if slices.ContainsFunc(m.RedirectURIs, func(s string) bool { return strings.HasPrefix(s, "http://localhost") }) {
		out = append(out, "http://localhost may resolve to another program's address: http://127.0.0.1 or http://[::1] does not (RFC 8252 section 8.3).")
	}
	if slices.Contains(m.GrantTypes, grantImplicit) {
		out = append(out, "The grant type implicit hands tokens through the browser: authorization_code with PKCE does not (RFC 9700 section 2.1.2).")
	}
	if m.FirstParty && m.TokenEndpointAuthMethod == core.AuthNone {
		out = append(out, "Anybody can pretend to be a public client, and jedan_first_party leaves out the question to the person.")
	}
	if m.PKCEOptional {
		out = append(out, "Without PKCE whoever gets hold of a public client's code can use it (RFC 9700 section 2.1.1): jedan_pkce_optional is for applications that cannot be changed.")
	}
	if m.WeakSecret {
		out = append(out, "The client's secret is shorter than 32 characters and can be guessed: rotate it.")
	}
	return out
}
