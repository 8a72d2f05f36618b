package discovery

import "github.com/jedan-auth/jedan-auth/provider/core"

// document is the provider's metadata in the specifications' names.
type document struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Userinfo      string `json:"userinfo_endpoint"`
	JWKS          string `json:"jwks_uri"`
	Introspection string `json:"introspection_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	EndSession    string `json:"end_session_endpoint"`
	registrations
	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	ResponseModes []string `json:"response_modes_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	decoupled
	ACR                   []string `json:"acr_values_supported"`
	Subjects              []string `json:"subject_types_supported"`
	IDTokenAlgs           []string `json:"id_token_signing_alg_values_supported"`
	UserinfoAlgs          []string `json:"userinfo_signing_alg_values_supported"`
	TokenAuth             []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgs         []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectionAuth     []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAuthAlgs []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAuth        []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAuthAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	Displays              []string `json:"display_values_supported"`
	ClaimTypes            []string `json:"claim_types_supported"`
	Claims                []string `json:"claims_supported"`
	UILocales             []string `json:"ui_locales_supported"`
	PKCE                  []string `json:"code_challenge_methods_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	IssParameter          bool     `json:"authorization_response_iss_parameter_supported"`
	tokens
	ServiceDocumentation string `json:"service_documentation,omitempty"`
	requests
	bindingDocument
	logouts
}

// scopes that anybody may ask for; those of an API are its own.
func scopes(v *core.Vocabulary) []string {
	return append(append([]string{"openid"}, v.Scopes()...), "groups", "offline_access")
}

func build(issuer string, on Features) document {
	confidential := []string{core.AuthSecretBasic, core.AuthSecretPost, core.AuthSecretJWT, core.AuthPrivateKeyJWT}
	algs := []string{"RS256", "PS256", "ES256", "EdDSA"}
	d := document{
		Issuer: issuer, Authorization: issuer + "/oauth2/authorize", Token: issuer + "/oauth2/token", Userinfo: issuer + "/oauth2/userinfo",
		JWKS: issuer + "/.well-known/jwks.json", Introspection: issuer + "/oauth2/introspect", Revocation: issuer + "/oauth2/revoke",
		EndSession: issuer + "/oauth2/logout", Scopes: scopes(on.Vocabulary),
		ResponseTypes: []string{"code", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token"},
		ResponseModes: core.ResponseModes(), GrantTypes: grantTypes(on),
		ACR: core.SupportedACR(on.Classes...), Subjects: []string{core.SubjectPublic, core.SubjectPairwise}, IDTokenAlgs: algs, UserinfoAlgs: algs,
		TokenAuth: core.AuthMethods(), TokenAuthAlgs: assertionAlgs(), IntrospectionAuth: confidential, IntrospectionAuthAlgs: assertionAlgs(),
		RevocationAuth: core.AuthMethods(), RevocationAuthAlgs: assertionAlgs(),
		Displays: []string{"page", "popup", "touch", "wap"}, ClaimTypes: []string{"normal"}, Claims: on.Vocabulary.Supported(), UILocales: []string{"en", "de"},
		PKCE: []string{"S256"}, Prompts: []string{"none", "login", "consent", "select_account"},
		ClaimsParameter: true, IssParameter: true, requests: on.requests(issuer, algs), decoupled: buildDecoupled(issuer),
	}
	if on.Signup {
		d.Prompts = append(d.Prompts, "create") // Initiating User Registration via OpenID Connect section 4.2
	}
	d.registrations = on.registrations(issuer)
	d.tokens = on.tokens(algs)
	d.logouts = on.logouts(issuer)
	d.bind(on.Binding)
	d.within(on.Offer)
	return d
}
