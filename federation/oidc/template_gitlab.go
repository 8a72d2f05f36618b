package oidc

// gitlab is "GitLab as OpenID Connect identity provider": gitlab.com, or the operator's own as issuer. Its ID tokens list the groups that somebody is
// a direct member of; UserInfo lists all of them.
func gitlab() template {
	p := plain()
	p.presets = func(c *Config) error {
		preset(&c.Issuer, "https://gitlab.com")
		preset(&c.GroupsClaim, "groups groups_direct")
		return nil
	}
	p.offline = false // it always gives a refresh token
	return p
}
