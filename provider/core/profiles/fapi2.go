package profiles

import (
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

const security2 = "FAPI 2.0 Security Profile section "

func fapi2Algs() []string { return []string{"PS256", "ES256", "EdDSA"} }

// fapi2 is the FAPI 2.0 Security Profile.
func fapi2() Profile {
	return Profile{
		Name: FAPI2, Title: "FAPI 2.0 Security Profile", Rules: fapi2Rules(),
		Demands: Demands{Bound: true, IssuerAudience: true, Algs: fapi2Algs(), CodeMost: time.Minute, PushedMost: 599 * time.Second},
		Offer:   Offer{Algs: fapi2Algs(), AuthMethods: strong(), ResponseTypes: []string{"code"}, NotGrants: []string{grantImplicit}, Pushed: true},
	}
}

func fapi2Rules() []Rule {
	return slices.Concat([]Rule{
		methodRule(security2 + "5.3.2.1"),
		grantsRule(security2+"5.3.2.2", nil, []string{grantImplicit}),
		typesRule(security2+"5.3.2.2", "code"),
		boundRule(security2 + "5.3.2.1"),
		switchRule("pushed", "require_pushed_authorization_requests", security2+"5.3.2.2", func(m *storage.ClientMetadata) *bool { return &m.RequirePushedRequests }, ofCode),
		switchRule("pkce", "jedan_require_pkce", security2+"5.3.2.2", func(m *storage.ClientMetadata) *bool { return &m.RequirePKCE }, ofCode),
		redirectsRule(security2+"5.3.2.2", true),
		{Name: "refresh", Member: "jedan_refresh_rotation", Section: security2 + "5.3.2.1", Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if m.RotateRefresh != nil && *m.RotateRefresh {
				return "must not be true"
			}
			return ""
		}},
		clocksRule(security2 + "5.3.2.1"),
	}, algRules(security2+"5.4.1", fapi2Algs()))
}

const messages2 = "FAPI 2.0 Message Signing section "

// fapi2Messages is FAPI 2.0 Message Signing with all of its parts: requests, responses and introspection answers are signed.
func fapi2Messages() Profile {
	p := fapi2()
	p.Name, p.Title = FAPI2Messages, "FAPI 2.0 Message Signing"
	p.Rules = slices.Concat(p.Rules, []Rule{
		switchRule("signed_requests", "require_signed_request_object", messages2+"5.3.1", func(m *storage.ClientMetadata) *bool { return &m.RequireSignedRequestObject }, ofCode),
		switchRule("request_lifetime", "jedan_strict_request_object", messages2+"5.3.1", func(m *storage.ClientMetadata) *bool { return &m.StrictRequestObject }, ofCode),
		modesRule(messages2+"5.4.1", ofCode),
	})
	p.Demands.SignedAnswers = true
	p.Offer.Modes, p.Offer.Signed = jwtModes(), true
	return p
}
