package oidc

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Config is a connector's config. Only issuer and client_id are required.
type Config struct {
	Issuer       string   `json:"issuer"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret,omitempty"` // kept sealed; none: a public client
	AuthMethod   string   `json:"token_endpoint_auth_method,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	Algs         []string `json:"id_token_signed_response_algs,omitempty"`
	Userinfo     bool     `json:"userinfo,omitempty"`      // claims are asked for at the UserInfo endpoint too
	TrustEmail   bool     `json:"trust_email,omitempty"`   // its email_verified is believed
	EmailDomains []string `json:"email_domains,omitempty"` // and only for addresses of these domains; empty: all
	FormPost     bool     `json:"form_post,omitempty"`     // the answer comes as a form
	GroupsClaim  string   `json:"groups_claim,omitempty"`  // claim with a list of groups
	SkewSeconds  int      `json:"skew_seconds,omitempty"`  // between its clock and ours; 0: 60, at most 180
}

// Ways of authenticating at the token endpoint (OpenID Connect Core section 9).
const (
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodNone  = "none"
)

const maxSkew = 180

func parseConfig(raw json.RawMessage, secrets map[string]string) (Config, error) {
	var c Config
	if err := federation.Strict(raw, &c); err != nil {
		return c, errs.Wrap(errs.Invalid, "config: "+strings.TrimPrefix(err.Error(), "json: "), err)
	}
	if s := secrets["client_secret"]; s != "" {
		c.ClientSecret = s
	}
	c.defaults()
	return c, c.validate()
}

func (c *Config) defaults() {
	if c.AuthMethod == "" && c.ClientSecret != "" {
		c.AuthMethod = methodBasic
	}
	if c.AuthMethod == "" {
		c.AuthMethod = methodNone
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "email", "profile"}
	}
	if len(c.Algs) == 0 {
		c.Algs = algs()
	}
	if c.SkewSeconds == 0 {
		c.SkewSeconds = 60
	}
}

// algs are the algorithms of ID tokens that can be taken at all: asymmetric ones.
func algs() []string {
	return []string{"RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512"}
}

func (c *Config) validate() error {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return errs.New(errs.Invalid, "issuer is an https URL without query and fragment.")
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
	if !slices.Contains(c.Scopes, "openid") {
		return errs.New(errs.Invalid, "scopes must have openid.")
	}
	for _, alg := range c.Algs {
		if !slices.Contains(algs(), alg) {
			return errs.New(errs.Invalid, fmt.Sprintf("id_token_signed_response_algs: %q is none of %s.", alg, strings.Join(algs(), ", ")))
		}
	}
	if c.SkewSeconds < 0 || c.SkewSeconds > maxSkew {
		return errs.New(errs.Invalid, fmt.Sprintf("skew_seconds is 0 to %d.", maxSkew))
	}
	return nil
}
