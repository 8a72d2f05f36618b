package discovery

import "github.com/jedan-auth/jedan-auth/provider/core"

// Grant types of RFC 8628 and OpenID Connect CIBA Core.
const (
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
	grantCIBA   = "urn:openid:params:grant-type:ciba"
)

// decoupled is the metadata of grants that a person answers away from the client.
type decoupled struct {
	DeviceAuthorization string `json:"device_authorization_endpoint,omitempty"` // RFC 8628 section 4

	// OpenID Connect CIBA Core section 4
	Backchannel         string   `json:"backchannel_authentication_endpoint,omitempty"`
	BackchannelDelivery []string `json:"backchannel_token_delivery_modes_supported,omitempty"`
	BackchannelAlgs     []string `json:"backchannel_authentication_request_signing_alg_values_supported,omitempty"`
	BackchannelUserCode bool     `json:"backchannel_user_code_parameter_supported"`
}

func buildDecoupled(issuer string) decoupled {
	return decoupled{
		DeviceAuthorization: issuer + "/oauth2/device_authorization", Backchannel: issuer + "/oauth2/bc-authorize",
		BackchannelDelivery: []string{"poll", "ping"}, BackchannelAlgs: core.RequestObjectAlgs(),
	}
}
