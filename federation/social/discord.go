package social

import "context"

// discord is "OAuth2" and "User" of Discord's documentation for developers. verified is whether the address is.
func discord() template {
	p := plain()
	p.presets = func(c *Config) error {
		if err := c.fixed(); err != nil {
			return err
		}
		base, err := c.at("https://discord.com")
		if err != nil {
			return err
		}
		c.Authorization, c.Token, c.Userinfo = base+"/oauth2/authorize", base+"/api/oauth2/token", base+"/api/users/@me"
		c.scopes("identify", "email")
		c.claims(map[string]string{"name": "global_name", "nickname": "username", "locale": "locale"})
		return nil
	}
	p.read = readDiscord
	p.answers = true
	return p
}

func readDiscord(ctx context.Context, t *attempt) error {
	if err := t.user(ctx, t.c.c.Userinfo); err != nil {
		return err
	}
	t.email, _ = t.said["email"].(string)
	t.verified = t.said["verified"] == true
	return nil
}
