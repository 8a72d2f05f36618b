package profiles

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/storage"
)

const advanced1 = "FAPI 1.0 Advanced section "

func fapi1Algs() []string { return []string{"PS256", "ES256"} }

func fapi1Grants() []string { return []string{grantCode, grantImplicit, grantRefresh, grantClient} }

// fapi1 is FAPI 1.0 Advanced: request objects that are signed, answers that are signed (an ID token beside the code, or JARM), and tokens that are bound
// to a certificate.
func fapi1() Profile {
	return Profile{
		Name: FAPI1, Title: "FAPI 1.0 Advanced", Rules: fapi1Rules(),
		Demands: Demands{Bound: true, State: true, OtherAudiences: true, Algs: fapi1Algs()},
		Offer:   Offer{Algs: fapi1Algs(), AuthMethods: strong(), ResponseTypes: []string{"code", "code id_token"}, Grants: fapi1Grants(), Signed: true},
	}
}

func fapi1Rules() []Rule {
	return slices.Concat([]Rule{
		methodRule(advanced1 + "5.2.2-14"),
		grantsRule(advanced1+"5.2.2", fapi1Grants(), nil),
		typesRule(advanced1+"5.2.2-2", "code", "code id_token"),
		modesRule(advanced1+"5.2.2-2", func(m *storage.ClientMetadata) bool {
			return len(m.ResponseTypes) == 0 && ofCode(m) || slices.Contains(m.ResponseTypes, "code")
		}),
		certificateRule(advanced1 + "5.2.2-5"),
		switchRule("signed_requests", "require_signed_request_object", advanced1+"5.2.2-1", func(m *storage.ClientMetadata) *bool { return &m.RequireSignedRequestObject }, ofCode),
		switchRule("request_lifetime", "jedan_strict_request_object", advanced1+"5.2.2-13", func(m *storage.ClientMetadata) *bool { return &m.StrictRequestObject }, ofCode),
		switchRule("nonce", "jedan_require_nonce", "FAPI 1.0 Baseline section 5.2.2.2", func(m *storage.ClientMetadata) *bool { return &m.RequireNonce }, ofCode),
		redirectsRule("FAPI 1.0 Baseline section 5.2.2-20", false),
	}, algRules(advanced1+"8.6", fapi1Algs()))
}

// certificateRule wants tokens that are bound to a certificate.
func certificateRule(section string) Rule {
	return switchRule("bound", "tls_client_certificate_bound_access_tokens", section, func(m *storage.ClientMetadata) *bool { return &m.CertificateBound }, nil)
}
