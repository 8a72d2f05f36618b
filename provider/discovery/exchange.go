package discovery

import (
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// tokens is the metadata about introspection answers (RFC 9701 section 7) and authorization details (RFC 9396 section 10).
type tokens struct {
	IntrospectionAlgs    []string `json:"introspection_signing_alg_values_supported"`
	IntrospectionKeyAlgs []string `json:"introspection_encryption_alg_values_supported"`
	IntrospectionEncs    []string `json:"introspection_encryption_enc_values_supported"`
	DetailTypes          []string `json:"authorization_details_types_supported,omitempty"`
}

func (on Features) tokens(signing []string) tokens {
	return tokens{
		IntrospectionAlgs: signing, IntrospectionKeyAlgs: keys.EncryptionAlgorithms(), IntrospectionEncs: keys.ContentEncryptions(), DetailTypes: on.DetailTypes,
	}
}

// grantTypes are those that a client could use now.
func grantTypes(on Features) []string {
	out := []string{"authorization_code", "implicit", "refresh_token", "client_credentials", grantDevice, grantCIBA, core.GrantTokenExchange}
	if on.Assertions {
		out = append(out, core.GrantJWTBearer)
	}
	return out
}
