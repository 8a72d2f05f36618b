package register

import "slices"

// grantDevice is RFC 8628's grant type.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// refreshable are the grant types whose tokens a refresh token may renew.
func refreshable() []string { return []string{grantCode, grantDevice} }

func (c candidate) refreshes() bool { return overlap(c.GrantTypes, refreshable()) }

// asksPeople reports whether people authorize the client, in its own browser window or away from it.
func (c candidate) asksPeople() bool { return c.ofPeople() || c.refreshes() }

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
