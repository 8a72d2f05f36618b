package storage

// ClientBinding is what a registration says of sender constraint and of certificates.
type ClientBinding struct {
	DPoPBound bool `json:"dpop_bound_access_tokens,omitempty"` // RFC 9449 section 5.2: no token without a proof
	DPoPNonce bool `json:"jedan_dpop_nonce,omitempty"`         // its proofs need a nonce of ours (RFC 9449 section 8)

	CertificateBound bool   `json:"tls_client_certificate_bound_access_tokens,omitempty"` // RFC 8705 section 3.4
	TLSSubjectDN     string `json:"tls_client_auth_subject_dn,omitempty"`                 // RFC 4514; with tls_client_auth exactly one of these five
	TLSSanDNS        string `json:"tls_client_auth_san_dns,omitempty"`
	TLSSanURI        string `json:"tls_client_auth_san_uri,omitempty"`
	TLSSanIP         string `json:"tls_client_auth_san_ip,omitempty"`
	TLSSanEmail      string `json:"tls_client_auth_san_email,omitempty"`
}
