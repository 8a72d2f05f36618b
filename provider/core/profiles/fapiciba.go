package profiles

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/storage"
)

const ciba1 = "FAPI CIBA section "

func cibaGrants() []string { return []string{grantCIBA, grantRefresh, grantClient} }

// fapiCIBA is the FAPI CIBA profile: signed requests, poll or ping, tokens that are bound to a certificate.
func fapiCIBA() Profile {
	return Profile{
		Name: FAPICIBA, Title: "FAPI CIBA", Rules: fapiCIBARules(), Demands: Demands{Bound: true, Algs: fapi1Algs()},
		Offer: Offer{Algs: fapi1Algs(), AuthMethods: strong(), ResponseTypes: []string{"none"}, Grants: cibaGrants()},
	}
}

func fapiCIBARules() []Rule {
	return slices.Concat([]Rule{
		{
			Name: "grant_types", Member: "grant_types", Section: ciba1 + "5.2.2",
			Set: func(m *storage.ClientMetadata, _ Server) {
				if len(m.GrantTypes) == 0 && len(m.ResponseTypes) == 0 {
					m.GrantTypes = []string{grantCIBA, grantRefresh}
				}
			},
			Wrong: grantsRule("", cibaGrants(), nil).Wrong,
		},
		methodRule(ciba1 + "5.2.2"),
		{Name: "delivery", Member: "backchannel_token_delivery_mode", Section: ciba1 + "5.2.2-1", Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if mode := m.BackchannelDelivery; mode != "" && mode != "poll" && mode != "ping" {
				return "must be poll or ping"
			}
			return ""
		}},
		{Name: "signed_requests", Member: "backchannel_authentication_request_signing_alg", Section: ciba1 + "5.2.2-2", Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if slices.Contains(m.GrantTypes, grantCIBA) && m.BackchannelRequestAlg == "" {
				return "must be given, since requests are signed: " + anyOf(fapi1Algs())
			}
			return ""
		}},
		certificateRule(ciba1 + "5.2.2"),
	}, algRules(ciba1+"5.2.2, FAPI 1.0 Advanced section 8.6", fapi1Algs()))
}
