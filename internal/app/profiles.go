package app

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
)

// MCP is the ceiling for clients under the profile mcp.
type MCP struct {
	Scopes []string      `config:"scopes" doc:"Scopes that such clients may be granted. Empty: those that they are registered for."`
	Access time.Duration `config:"access_lifetime" default:"1h" doc:"Longest lifetime of their access tokens, whatever client or resource say."`
	Grant  time.Duration `config:"grant_lifetime" default:"720h" doc:"Longest lifetime of a grant to them and of its refresh tokens."`
}

// profiles is what the profiles look at.
func (c Config) profiles() profiles.Server {
	return profiles.Server{
		Profile: c.Profile, Skew: c.Tokens.ClockSkew, MCP: profiles.Ceiling{Scopes: c.MCP.Scopes, Access: c.MCP.Access, Grant: c.MCP.Grant},
	}
}

// settingRule is one rule of a profile about the server's own settings.
type settingRule struct {
	path, section string
	ok            func(c *Config) bool
	must          string
	set           func(c *Config) // where the configuration says nothing; nil: nothing is set
}

// settingRules are the rules for a server under a profile.
func settingRules(profile string) []settingRule {
	switch profile {
	case profiles.OAuth21:
		return []settingRule{noImplicit()}
	case profiles.MCP:
		return []settingRule{noImplicit(), {
			"registration.client_document_hosts", "MCP Authorization, Client ID Metadata Documents", func(c *Config) bool { return len(c.Register.Documents) > 0 }, "must not be empty",
			func(c *Config) { c.Register.Documents = []string{"*"} },
		}}
	case profiles.FAPI2, profiles.FAPI2Messages:
		return fapi2Settings()
	case profiles.FAPI1, profiles.FAPICIBA:
		return []settingRule{{
			"mtls", "FAPI 1.0 Advanced section 5.2.2-6", func(c *Config) bool { return c.MTLS.config(nil).On() }, "must be configured: tokens are bound to certificates", nil,
		}}
	}
	return nil
}

func noImplicit() settingRule {
	return settingRule{
		"registration.grant_types", "OAuth 2.1 section 1.3", func(c *Config) bool { return !slices.Contains(c.Register.GrantTypes, "implicit") }, "must not have implicit", nil,
	}
}

func fapi2Settings() []settingRule {
	const general, flows = "FAPI 2.0 Security Profile section 5.3.2.1", "FAPI 2.0 Security Profile section 5.3.2.2"
	return []settingRule{
		{"tokens.require_pushed_authorization_requests", flows, func(c *Config) bool { return c.Tokens.RequirePushed }, "must be true",
			func(c *Config) { c.Tokens.RequirePushed = true }},
		{"tokens.code_lifetime", general, func(c *Config) bool { return c.Tokens.CodeLifetime <= time.Minute }, "must be at most 60s", nil},
		{"tokens.pushed_lifetime", flows, func(c *Config) bool { return c.Tokens.PushedLifetime < 10*time.Minute }, "must be less than 600s", nil},
		{"tokens.clock_skew", general, func(c *Config) bool {
			return c.Tokens.ClockSkew >= 10*time.Second && c.Tokens.ClockSkew <= time.Minute
		}, "must be from 10s to 60s", nil},
		noImplicit(),
	}
}

// Settle sets what the server's profile sets where nothing else is given, and refuses what contradicts the profile. given reports whether a setting was
// made on purpose, by its path.
func (c *Config) Settle(given func(path string) bool) error {
	if c.Profile == "" {
		return nil
	}
	if !slices.Contains(profiles.Names(), c.Profile) {
		return config.Invalid("profile", "must be one of "+strings.Join(profiles.Names(), ", ")+", or empty")
	}
	var wrong []error
	for _, r := range settingRules(c.Profile) {
		if !r.ok(c) && r.set != nil && !given(r.path) {
			r.set(c)
		}
		if !r.ok(c) {
			wrong = append(wrong, config.Invalid(r.path, r.must+" under the profile "+c.Profile+" ("+r.section+")"))
		}
	}
	return errors.Join(wrong...)
}

// Validate refuses a ceiling that cannot be meant.
func (m MCP) Validate() error {
	if m.Access < time.Second || m.Grant < m.Access {
		return errors.New("access_lifetime must be at least 1s, and grant_lifetime not shorter")
	}
	return nil
}
