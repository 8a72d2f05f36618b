package discovery

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
)

// within leaves out what no client can use where the whole server is under a profile.
func (d *document) within(o profiles.Offer) {
	for _, algs := range []*[]string{
		&d.IDTokenAlgs, &d.UserinfoAlgs, &d.TokenAuthAlgs, &d.IntrospectionAuthAlgs, &d.RevocationAuthAlgs, &d.IntrospectionAlgs, &d.RequestObjectAlgs,
		&d.ResponseAlgs, &d.BackchannelAlgs,
	} {
		*algs = profiles.Within(*algs, o.Algs)
	}
	for _, methods := range []*[]string{&d.TokenAuth, &d.IntrospectionAuth, &d.RevocationAuth} {
		*methods = profiles.Within(*methods, o.AuthMethods)
	}
	d.ResponseTypes, d.ResponseModes = profiles.Within(d.ResponseTypes, o.ResponseTypes), profiles.Within(d.ResponseModes, o.Modes)
	d.GrantTypes = slices.DeleteFunc(d.GrantTypes, func(g string) bool { return slices.Contains(o.NotGrants, g) })
	d.GrantTypes = profiles.Within(d.GrantTypes, o.Grants)
	if !slices.Contains(d.GrantTypes, grantDevice) {
		d.DeviceAuthorization = ""
	}
	if !slices.Contains(d.GrantTypes, grantCIBA) {
		d.Backchannel, d.BackchannelDelivery, d.BackchannelAlgs = "", nil, nil
	}
	if d.Aliases != nil && d.DeviceAuthorization == "" {
		d.Aliases.Device = ""
	}
	if d.Aliases != nil && d.Backchannel == "" {
		d.Aliases.Backchannel = ""
	}
	d.RequirePushed, d.RequireSignedRequest = d.RequirePushed || o.Pushed, d.RequireSignedRequest || o.Signed
}
