package register

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Registrations for the device grant and for CIBA: a contradiction is refused by name.
func TestDecoupledRegistrations(t *testing.T) {
	w := newWorld(t)
	ciba := func(change func(m *storage.ClientMetadata)) func(m *storage.ClientMetadata) {
		return func(m *storage.ClientMetadata) {
			m.RedirectURIs, m.GrantTypes = nil, []string{grantCIBA, "refresh_token"}
			change(m)
		}
	}
	for name, c := range map[string]struct {
		change func(m *storage.ClientMetadata)
		member string // "": it holds
	}{
		"device": {func(m *storage.ClientMetadata) {
			m.RedirectURIs, m.GrantTypes, m.TokenEndpointAuthMethod = nil, []string{grantDevice, "refresh_token"}, "none"
		}, ""},
		"poll by default": {ciba(func(*storage.ClientMetadata) {}), ""},
		"ping": {ciba(func(m *storage.ClientMetadata) {
			m.BackchannelDelivery, m.BackchannelNotification = "ping", "https://app.test/ciba"
		}), ""},
		"no user code":      {ciba(func(m *storage.ClientMetadata) { m.BackchannelUserCode = false }), ""},
		"user code":         {ciba(func(m *storage.ClientMetadata) { m.BackchannelUserCode = true }), "backchannel_user_code_parameter"},
		"public":            {ciba(func(m *storage.ClientMetadata) { m.TokenEndpointAuthMethod = "none" }), "token_endpoint_auth_method"},
		"push":              {ciba(func(m *storage.ClientMetadata) { m.BackchannelDelivery = "push" }), "backchannel_token_delivery_mode"},
		"ping without bell": {ciba(func(m *storage.ClientMetadata) { m.BackchannelDelivery = "ping" }), "backchannel_client_notification_endpoint"},
		"bell without ping": {ciba(func(m *storage.ClientMetadata) { m.BackchannelNotification = "https://app.test/ciba" }), "backchannel_client_notification_endpoint"},
		"plain bell": {ciba(func(m *storage.ClientMetadata) {
			m.BackchannelDelivery, m.BackchannelNotification = "ping", "http://app.test/ciba"
		}), "backchannel_client_notification_endpoint"},
		"unsigned":       {ciba(func(m *storage.ClientMetadata) { m.BackchannelRequestAlg = "none" }), "backchannel_authentication_request_signing_alg"},
		"symmetric":      {ciba(func(m *storage.ClientMetadata) { m.BackchannelRequestAlg = "HS256" }), "backchannel_authentication_request_signing_alg"},
		"no keys":        {ciba(func(m *storage.ClientMetadata) { m.BackchannelRequestAlg = "ES256" }), "jwks"},
		"without a use":  {func(m *storage.ClientMetadata) { m.BackchannelDelivery = "poll" }, "backchannel_token_delivery_mode"},
		"alg, no use":    {func(m *storage.ClientMetadata) { m.BackchannelRequestAlg = "ES256" }, "backchannel_authentication_request_signing_alg"},
		"refresh, alone": {func(m *storage.ClientMetadata) { m.GrantTypes = []string{"refresh_token"} }, "grant_types"},
	} {
		m := base()
		c.change(&m)
		r, err := w.Create(t.Context(), m, Options{Actor: operator()})
		p, _ := AsProblem(err)
		switch {
		case c.member == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.member != "" && (p == nil || p.Member != c.member):
			t.Errorf("%s: got %v, want %s", name, err, c.member)
		case c.member == "" && name != "device" && r.Client.Metadata.BackchannelDelivery == "":
			t.Errorf("%s: no delivery mode", name)
		}
	}
}
