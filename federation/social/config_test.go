package social

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestEndpoints: where each service is, by its documentation.
func TestEndpoints(t *testing.T) {
	for config, want := range map[string][3]string{
		`"template":"github"`:                                    {"https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token", "https://api.github.com/user"},
		`"template":"github","host":"https://acme.ghe.com"`:      {"https://acme.ghe.com/login/oauth/authorize", "https://acme.ghe.com/login/oauth/access_token", "https://api.acme.ghe.com/user"},
		`"template":"github","host":"https://Git.acme.example/"`: {"https://git.acme.example/login/oauth/authorize", "https://git.acme.example/login/oauth/access_token", "https://git.acme.example/api/v3/user"},
		`"template":"discord"`:                                   {"https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token", "https://discord.com/api/users/@me"},
		`"template":"facebook"`:                                  {"https://www.facebook.com/v23.0/dialog/oauth", "https://graph.facebook.com/v23.0/oauth/access_token", "https://graph.facebook.com/v23.0/me"},
	} {
		c, err := parseConfig(json.RawMessage(fmt.Sprintf(`{%s,"client_id":"c","client_secret":"s"}`, config)), nil)
		if got := [3]string{c.Authorization, c.Token, c.Userinfo}; err != nil || got != want {
			t.Errorf("%s: %v %v", config, got, err)
		}
	}
	for _, bad := range []string{`"template":"github","host":"https://x.example/path"`, `"template":"github","host":"ftp://x.example"`, `"template":"github","id":"login"`, `"unknown":1`, `"id":"id"`} {
		if _, err := parseConfig(json.RawMessage(fmt.Sprintf(`{%s,"client_id":"c","client_secret":"s"}`, bad)), nil); err == nil {
			t.Errorf("%s: was taken", bad)
		}
	}
}
