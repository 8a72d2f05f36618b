package discovery

import (
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// requests is the metadata about authorization requests and about the JOSE forms of answers: OpenID Connect Discovery section 3, RFC 9101 section
// 10.5, RFC 9126 section 5, JARM section 4.
type requests struct {
	PAR                    string   `json:"pushed_authorization_request_endpoint"`
	RequirePushed          bool     `json:"require_pushed_authorization_requests"`
	RequestParameter       bool     `json:"request_parameter_supported"`
	RequestURIParameter    bool     `json:"request_uri_parameter_supported"`
	RequestURIRegistration bool     `json:"require_request_uri_registration"`
	RequireSignedRequest   bool     `json:"require_signed_request_object"`
	RequestObjectAlgs      []string `json:"request_object_signing_alg_values_supported"`
	RequestObjectKeyAlgs   []string `json:"request_object_encryption_alg_values_supported,omitempty"`
	RequestObjectEncs      []string `json:"request_object_encryption_enc_values_supported,omitempty"`
	ResponseAlgs           []string `json:"authorization_signing_alg_values_supported"`
	ResponseKeyAlgs        []string `json:"authorization_encryption_alg_values_supported"`
	ResponseEncs           []string `json:"authorization_encryption_enc_values_supported"`
	IDTokenKeyAlgs         []string `json:"id_token_encryption_alg_values_supported"`
	IDTokenEncs            []string `json:"id_token_encryption_enc_values_supported"`
	UserinfoKeyAlgs        []string `json:"userinfo_encryption_alg_values_supported"`
	UserinfoEncs           []string `json:"userinfo_encryption_enc_values_supported"`
}

func (on Features) requests(issuer string, signing []string) requests {
	algs, encs := keys.EncryptionAlgorithms(), keys.ContentEncryptions()
	r := requests{
		PAR: issuer + "/oauth2/par", RequirePushed: on.RequirePushed, RequestParameter: true, RequestURIParameter: on.References, RequestURIRegistration: true,
		RequestObjectAlgs: core.RequestObjectAlgs(), RequestObjectKeyAlgs: on.EncryptedTo, ResponseAlgs: signing, ResponseKeyAlgs: algs, ResponseEncs: encs,
		IDTokenKeyAlgs: algs, IDTokenEncs: encs, UserinfoKeyAlgs: algs, UserinfoEncs: encs,
	}
	if len(on.EncryptedTo) > 0 {
		r.RequestObjectEncs = encs
	}
	return r
}
