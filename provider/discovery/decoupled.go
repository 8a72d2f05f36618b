package discovery

// grantDevice is RFC 8628's grant type.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// decoupled is the metadata of grants that a person answers away from the client.
type decoupled struct {
	DeviceAuthorization string `json:"device_authorization_endpoint"` // RFC 8628 section 4
}

func buildDecoupled(issuer string) decoupled {
	return decoupled{DeviceAuthorization: issuer + "/oauth2/device_authorization"}
}
