package register

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Grant types of RFC 8628 and OpenID Connect CIBA Core, and the delivery modes of the latter.
const (
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
	grantCIBA   = "urn:openid:params:grant-type:ciba"

	deliveryPoll = "poll"
	deliveryPing = "ping"
)

// refreshable are the grant types whose tokens a refresh token may renew.
func refreshable() []string { return []string{grantCode, grantDevice, grantCIBA} }

func (c candidate) refreshes() bool { return overlap(c.GrantTypes, refreshable()) }

// asksPeople reports whether people authorize the client, in its own browser window or away from it.
func (c candidate) asksPeople() bool { return c.ofPeople() || c.refreshes() }

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// checkCIBA judges what a registration says of backchannel authentication (OpenID Connect CIBA Core section 4).
func checkCIBA(ctx context.Context, c candidate) error {
	if !slices.Contains(c.GrantTypes, grantCIBA) {
		return withoutCIBA(c)
	}
	if c.TokenEndpointAuthMethod == core.AuthNone {
		return refuse("token_endpoint_auth_method", "must not be none for the grant type "+grantCIBA)
	}
	if err := oneOf("backchannel_token_delivery_mode", c.BackchannelDelivery, []string{deliveryPoll, deliveryPing}); err != nil {
		return err
	}
	if c.BackchannelUserCode {
		return refuse("backchannel_user_code_parameter", "must not be true: this server has no user codes")
	}
	if err := checkNotification(ctx, c); err != nil {
		return err
	}
	return checkBackchannelAlg(c)
}

func withoutCIBA(c candidate) error {
	for member, given := range map[string]bool{
		"backchannel_token_delivery_mode": c.BackchannelDelivery != "", "backchannel_client_notification_endpoint": c.BackchannelNotification != "",
		"backchannel_authentication_request_signing_alg": c.BackchannelRequestAlg != "", "backchannel_user_code_parameter": c.BackchannelUserCode,
	} {
		if given {
			return refuse(member, "is only for the grant type "+grantCIBA)
		}
	}
	return nil
}

// checkNotification: who is told has an endpoint for it, and nobody else.
func checkNotification(_ context.Context, c candidate) error {
	const member = "backchannel_client_notification_endpoint"
	ping := c.BackchannelDelivery == deliveryPing
	switch {
	case ping && c.BackchannelNotification == "":
		return refuse(member, "must be given for the delivery mode ping")
	case !ping && c.BackchannelNotification != "":
		return refuse(member, "is only for the delivery mode ping")
	case !ping:
		return nil
	}
	return refuse(member, judgeURI(c.BackchannelNotification, publishedRules()))
}

// checkBackchannelAlg: a client that signs its requests has keys, and signs with one of ours.
func checkBackchannelAlg(c candidate) error {
	alg := c.BackchannelRequestAlg
	if alg == "" {
		return nil
	}
	if err := oneOf("backchannel_authentication_request_signing_alg", alg, core.RequestObjectAlgs()); err != nil {
		return err
	}
	if len(c.JWKS) == 0 && c.JWKSURI == "" {
		return refuse("jwks", "must hold the key that signs authentication requests, or jwks_uri name it")
	}
	return nil
}
