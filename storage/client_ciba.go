package storage

// ClientCIBA is what a registration says of backchannel authentication (OpenID Connect CIBA Core section 4).
type ClientCIBA struct {
	BackchannelDelivery     string `json:"backchannel_token_delivery_mode,omitempty"`                // poll (default) or ping
	BackchannelNotification string `json:"backchannel_client_notification_endpoint,omitempty"`       // https URL that is told of an answer; ping only
	BackchannelRequestAlg   string `json:"backchannel_authentication_request_signing_alg,omitempty"` // of signed requests; empty: requests are not signed
	BackchannelUserCode     bool   `json:"backchannel_user_code_parameter,omitempty"`                // never true: there are no user codes here
}
