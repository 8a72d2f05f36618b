package discovery

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// protectedPath is where the metadata of protected resources is (RFC 9728 section 3).
const protectedPath = "/.well-known/oauth-protected-resource"

// ResourceMetadata is where an endpoint of the issuer describes itself as a protected resource: what its challenges name (RFC 9728 section 5.1).
func ResourceMetadata(issuer, endpoint string) string { return issuer + protectedPath + endpoint }

// protected is the metadata of a protected resource of our own (RFC 9728 section 2).
type protected struct {
	Resource    string   `json:"resource"`
	Servers     []string `json:"authorization_servers"`
	JWKS        string   `json:"jwks_uri"`
	Scopes      []string `json:"scopes_supported"`
	Methods     []string `json:"bearer_methods_supported"`
	SigningAlgs []string `json:"resource_signing_alg_values_supported"`
	Name        string   `json:"resource_name"`
	ProofAlgs   []string `json:"dpop_signing_alg_values_supported,omitempty"`
	Certificate bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
}

// protectedResource describes our API: the issuer as a whole, or one of its endpoints.
func protectedResource(d document, resource string) protected {
	return protected{
		Resource: resource, Servers: []string{d.Issuer}, JWKS: d.JWKS, Scopes: []string{"openid", "profile", "email", "address", "phone"},
		Methods: []string{"header", "body"}, SigningAlgs: d.UserinfoAlgs, Name: "UserInfo", ProofAlgs: d.ProofAlgs, Certificate: d.CertificateBound,
	}
}

// prepare renders a document once.
func prepare(v any) (*httpx.Prepared, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return httpx.NewPrepared(raw, `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`, documentAge, "application/json"), nil
}
