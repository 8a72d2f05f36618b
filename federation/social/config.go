package social

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Config is a connector's config. With a template only client_id and client_secret are required; without one the endpoints are, too.
type Config struct {
	Template      string            `json:"template,omitempty"`
	ClientID      string            `json:"client_id"`
	ClientSecret  string            `json:"client_secret,omitempty"` // kept sealed; none: a public client
	AuthMethod    string            `json:"token_endpoint_auth_method,omitempty"`
	Authorization string            `json:"authorization_endpoint,omitempty"`
	Token         string            `json:"token_endpoint,omitempty"`
	Userinfo      string            `json:"userinfo_endpoint,omitempty"`
	Issuer        string            `json:"issuer,omitempty"` // that its authorization responses name (RFC 9207); empty: they name none
	Scopes        []string          `json:"scopes,omitempty"`
	NoPKCE        bool              `json:"no_pkce,omitempty"`       // for services that refuse it
	ID            string            `json:"id,omitempty"`            // path of what names somebody for good, such as data.id; empty: id
	Claims        map[string]string `json:"claims,omitempty"`        // our claim to the path of its value
	Groups        string            `json:"groups,omitempty"`        // path of a list of groups
	TrustEmail    bool              `json:"trust_email,omitempty"`   // its email_verified is believed
	EmailDomains  []string          `json:"email_domains,omitempty"` // and only for addresses of these domains; empty: all

	// What templates have.
	Host          string   `json:"host,omitempty"`          // URL of an Enterprise server, or of what stands in for the service
	Organizations []string `json:"organizations,omitempty"` // github: of which people must be members of one; empty: of none
	Membership    bool     `json:"membership,omitempty"`    // github: organizations and teams are groups

	template template
}

// Ways of authenticating at the token endpoint (RFC 6749 section 2.3.1).
const (
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodNone  = "none"
)

func parseConfig(raw json.RawMessage, secrets map[string]string) (Config, error) {
	var c Config
	if err := federation.Strict(raw, &c); err != nil {
		return c, errs.Wrap(errs.Invalid, "config: "+strings.TrimPrefix(err.Error(), "json: "), err)
	}
	if s := secrets["client_secret"]; s != "" {
		c.ClientSecret = s
	}
	var err error
	if c.template, err = templateOf(c.Template); err != nil {
		return c, err
	}
	if err := c.template.presets(&c); err != nil {
		return c, err
	}
	c.defaults()
	return c, c.validate()
}

func (c *Config) defaults() {
	if c.AuthMethod == "" && c.ClientSecret != "" {
		c.AuthMethod = methodBasic
	}
	preset(&c.AuthMethod, methodNone)
	preset(&c.ID, "id")
}

func preset(at *string, value string) {
	if *at == "" {
		*at = value
	}
}

func (c *Config) validate() error {
	for name, endpoint := range map[string]string{"authorization_endpoint": c.Authorization, "token_endpoint": c.Token, "userinfo_endpoint": c.Userinfo} {
		if !isEndpoint(endpoint) {
			return errs.New(errs.Invalid, name+" is an https URL without fragment.")
		}
	}
	if c.ClientID == "" {
		return errs.New(errs.Invalid, "client_id is missing.")
	}
	if !slices.Contains([]string{methodBasic, methodPost, methodNone}, c.AuthMethod) {
		return errs.New(errs.Invalid, "token_endpoint_auth_method is client_secret_basic, client_secret_post or none.")
	}
	if (c.AuthMethod == methodNone) != (c.ClientSecret == "") {
		return errs.New(errs.Invalid, "A client_secret goes with client_secret_basic or client_secret_post, and with them alone.")
	}
	if c.AuthMethod == methodNone && c.NoPKCE {
		return errs.New(errs.Invalid, "A client without a secret needs PKCE.")
	}
	return c.paths()
}

func (c *Config) paths() error {
	if c.Template != nameGitHub && (len(c.Organizations) > 0 || c.Membership) {
		return errs.New(errs.Invalid, "organizations and membership are for the template github alone.")
	}
	if c.Template == "" && c.Host != "" {
		return errs.New(errs.Invalid, "host is for templates alone: write the endpoints.")
	}
	for claim, path := range c.Claims {
		if claim == "" || !isPath(path) {
			return errs.New(errs.Invalid, fmt.Sprintf("claims: %q is no path such as data.name.", path))
		}
	}
	if !isPath(c.ID) || c.Groups != "" && !isPath(c.Groups) {
		return errs.New(errs.Invalid, "id and groups are paths such as data.id.")
	}
	return nil
}

func isPath(p string) bool {
	parts := strings.Split(p, ".")
	return len(parts) <= 8 && !slices.Contains(parts, "")
}

// isEndpoint wants an absolute URL; whether it may be http is the outbound client's to say.
func isEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.Fragment == "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}
