package storage

// ClientIntrospection is metadata about introspection answers as JWTs (RFC 9701 section 6).
type ClientIntrospection struct {
	IntrospectionSignedRespAlg    string `json:"introspection_signed_response_alg,omitempty"` // RS256 by default
	IntrospectionEncryptedRespAlg string `json:"introspection_encrypted_response_alg,omitempty"`
	IntrospectionEncryptedRespEnc string `json:"introspection_encrypted_response_enc,omitempty"`
}
