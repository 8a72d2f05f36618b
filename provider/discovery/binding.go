package discovery

import (
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Binding is what is configured of sender constraint and of certificates.
type Binding struct {
	ProofAlgs  []string // algorithms of DPoP proofs
	TLSMethods []string // client authentication by certificate; empty: certificates are off
	Alias      string   // where the endpoints are reached with a certificate; "": at the issuer
}

// bindingDocument are the members of RFC 9449 section 5.1 and RFC 8705 sections 3.3 and 5.
type bindingDocument struct {
	ProofAlgs        []string `json:"dpop_signing_alg_values_supported"`
	CertificateBound bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	Aliases          *aliases `json:"mtls_endpoint_aliases,omitempty"`
}

// aliases are the endpoints at the host that asks for certificates.
type aliases struct {
	Token         string `json:"token_endpoint"`
	PAR           string `json:"pushed_authorization_request_endpoint"`
	Registration  string `json:"registration_endpoint,omitempty"`
	Introspection string `json:"introspection_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	Userinfo      string `json:"userinfo_endpoint"`
	Device        string `json:"device_authorization_endpoint,omitempty"`
	Backchannel   string `json:"backchannel_authentication_endpoint,omitempty"`
}

func (d *document) bind(b Binding) {
	d.ProofAlgs = b.ProofAlgs
	if len(b.TLSMethods) == 0 {
		return
	}
	d.CertificateBound = true
	for _, methods := range []*[]string{&d.TokenAuth, &d.IntrospectionAuth, &d.RevocationAuth} {
		*methods = slices.Concat(*methods, b.TLSMethods)
	}
	if b.Alias == "" {
		return
	}
	at := func(endpoint string) string { return strings.Replace(endpoint, d.Issuer, b.Alias, 1) }
	d.Aliases = &aliases{
		Token: at(d.Token), PAR: at(d.PAR), Registration: at(d.Registration), Introspection: at(d.Introspection), Revocation: at(d.Revocation), Userinfo: at(d.Userinfo),
		Device: at(d.DeviceAuthorization), Backchannel: at(d.Backchannel),
	}
}

// assertionAlgs are those of both kinds of assertions.
func assertionAlgs() []string { return slices.Concat(core.AssertionAlgs(), core.SecretAlgs()) }
