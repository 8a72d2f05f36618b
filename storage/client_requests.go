package storage

// ClientRequests is what a registration says of authorization requests and of the JOSE forms of their answers: OpenID Connect Registration section 2,
// RFC 9101 section 10.5, RFC 9126 section 6, JARM section 3.
type ClientRequests struct {
	RequestURIs                []string `json:"request_uris,omitempty"`
	RequestObjectSigningAlg    string   `json:"request_object_signing_alg,omitempty"`    // empty: any that is offered
	RequestObjectEncryptionAlg string   `json:"request_object_encryption_alg,omitempty"` // empty: any that is offered, or none
	RequestObjectEncryptionEnc string   `json:"request_object_encryption_enc,omitempty"`
	RequireSignedRequestObject bool     `json:"require_signed_request_object,omitempty"`
	RequirePushedRequests      bool     `json:"require_pushed_authorization_requests,omitempty"`

	AuthorizationSignedResponseAlg string `json:"authorization_signed_response_alg,omitempty"` // RS256 by default
	AuthorizationEncryptedRespAlg  string `json:"authorization_encrypted_response_alg,omitempty"`
	AuthorizationEncryptedRespEnc  string `json:"authorization_encrypted_response_enc,omitempty"`
	IDTokenEncryptedRespAlg        string `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEncryptedRespEnc        string `json:"id_token_encrypted_response_enc,omitempty"`
	UserinfoEncryptedRespAlg       string `json:"userinfo_encrypted_response_alg,omitempty"`
	UserinfoEncryptedRespEnc       string `json:"userinfo_encrypted_response_enc,omitempty"`

	RequirePKCE         bool `json:"jedan_require_pkce,omitempty"`          // every code is tied to a code_challenge, as a public client's is anyway
	PKCEOptional        bool `json:"jedan_pkce_optional,omitempty"`         // a public web client that cannot send a code_challenge may go without (OpenID Connect Core, before RFC 7636)
	RequireNonce        bool `json:"jedan_require_nonce,omitempty"`         // every request with openid has a nonce (FAPI 1.0)
	StrictRequestObject bool `json:"jedan_strict_request_object,omitempty"` // FAPI: exp, nbf, aud and iss are there, at most 60 minutes between exp and nbf
}
