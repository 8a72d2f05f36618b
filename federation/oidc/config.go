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

// Config is a connector's config. Only issuer, or a template that knows it, and client_id are required.
type Config struct {
	Template       string   `json:"template,omitempty"` // a provider whose rules are known here
	Issuer         string   `json:"issuer,omitempty"`
	ClientID       string   `json:"client_id"`
	ClientSecret   string   `json:"client_secret,omitempty"` // kept sealed; none: a public client
	AuthMethod     string   `json:"token_endpoint_auth_method,omitempty"`
	Scopes         []string `json:"scopes,omitempty"`
	Algs           []string `json:"id_token_signed_response_algs,omitempty"`
	Userinfo       bool     `json:"userinfo,omitempty"`        // claims are asked for at the UserInfo endpoint too
	SignedUserinfo bool     `json:"signed_userinfo,omitempty"` // as a JWT that it signs, and in no other way
	TrustEmail     bool     `json:"trust_email,omitempty"`     // its email_verified is believed
	EmailDomains   []string `json:"email_domains,omitempty"`   // and only for addresses of these domains; empty: all
	FormPost       bool     `json:"form_post,omitempty"`       // the answer comes as a form
	GroupsClaim    string   `json:"groups_claim,omitempty"`    // claim with a list of groups
	SkewSeconds    int      `json:"skew_seconds,omitempty"`    // between its clock and ours; 0: 60, at most 180
	Offline        bool     `json:"offline,omitempty"`         // a refresh token is asked for, by which it is asked again without the person
	ResponseType   string   `json:"response_type,omitempty"`   // code, or "code id_token", whose answer comes as a form
	PAR            bool     `json:"par,omitempty"`             // requests are pushed (RFC 9126), also where the provider does not demand it
	RequestURI     bool     `json:"request_uri,omitempty"`     // requests are signed, and the provider fetches them here (RFC 9101)
	RequestAlg     string   `json:"request_object_signing_alg,omitempty"`
	DPoP           bool     `json:"dpop,omitempty"` // its tokens are bound to a key of ours (RFC 9449)
	Encrypted      bool     `json:"encrypted_id_token,omitempty"`
	CA             string   `json:"ca,omitempty"`                  // certificates (PEM) of the authority of its own that alone is trusted
	Frontchannel   bool     `json:"frontchannel_logout,omitempty"` // its pages may end sessions
	Register       bool     `json:"register,omitempty"`            // a new connector makes itself known there (RFC 7591); what comes of it is client_id and client_secret

	// What templates have.
	HostedDomains []string `json:"hosted_domains,omitempty"` // google: the Workspace domains whose people may sign in; empty: all, and those without one
	Tenant        string   `json:"tenant,omitempty"`         // microsoft: a tenant's id, or common, organizations or consumers
	Tenants       []string `json:"tenants,omitempty"`        // microsoft: whose people may sign in by common or organizations; *: all
	Personal      bool     `json:"personal,omitempty"`       // microsoft: people with a private account too
	Authority     string   `json:"authority,omitempty"`      // microsoft: of a national cloud
	TeamID        string   `json:"team_id,omitempty"`        // apple: the developer team
	KeyID         string   `json:"key_id,omitempty"`         // apple: of the private key
	PrivateKey    string   `json:"private_key,omitempty"`    // apple: the key that signs our client secrets (PEM); kept sealed
	Teams         []string `json:"teams,omitempty"`          // slack: ids of the workspaces whose people may sign in; empty: all

	template template
	keys     ownKeys
}

// Ways of authenticating at the token endpoint (OpenID Connect Core section 9).
const (
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodNone  = "none"
	methodJWT   = "private_key_jwt"
	methodTLS   = "tls_client_auth" // RFC 8705 section 2.1
)

const hybrid = "code id_token"

const maxSkew = 180

func parseConfig(raw json.RawMessage, secrets map[string]string) (Config, error) {
	var c Config
	if err := federation.Strict(raw, &c); err != nil {
		return c, errs.Wrap(errs.Invalid, "config: "+strings.TrimPrefix(err.Error(), "json: "), err)
	}
	for name, at := range map[string]*string{"client_secret": &c.ClientSecret, "private_key": &c.PrivateKey} {
		if s := secrets[name]; s != "" {
			*at = s
		}
	}
	var err error
	if c.keys, err = readKeys(secrets); err != nil {
		return c, err
	}
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
	if c.AuthMethod == "" {
		c.AuthMethod = methodNone
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "email", "profile"}
	}
	if c.Offline && c.template.offline && !slices.Contains(c.Scopes, "offline_access") {
		c.Scopes = append(slices.Clone(c.Scopes), "offline_access")
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
	if !isOrigin(c.Issuer) {
		return errs.New(errs.Invalid, "issuer is an https URL without query and fragment.")
	}
	if c.Register {
		return errs.New(errs.Invalid, "register is for a new connector of the command line. Give the client_id that the provider knows us by.")
	}
	if c.ClientID == "" {
		return errs.New(errs.Invalid, "client_id is missing.")
	}
	if err := c.validateClient(); err != nil {
		return err
	}
	if !slices.Contains(c.Scopes, "openid") {
		return errs.New(errs.Invalid, "scopes must have openid.")
	}
	if err := c.foreign(); err != nil {
		return err
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

// validateClient is about how this server shows who it is.
func (c *Config) validateClient() error {
	if !slices.Contains([]string{methodBasic, methodPost, methodNone, methodJWT, methodTLS}, c.AuthMethod) {
		return errs.New(errs.Invalid, "token_endpoint_auth_method is client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or none.")
	}
	secret := c.AuthMethod == methodBasic || c.AuthMethod == methodPost
	if minted := c.template.secret != nil; !minted && secret != (c.ClientSecret != "") {
		return errs.New(errs.Invalid, "A client_secret goes with client_secret_basic or client_secret_post, and with them alone.")
	}
	if (c.AuthMethod == methodTLS) != (c.keys.tls != nil) {
		return errs.New(errs.Invalid, "tls_key, a private key and its certificates in PEM, goes with tls_client_auth, and with it alone.")
	}
	if preset(&c.ResponseType, "code"); c.ResponseType != "code" && c.ResponseType != hybrid {
		return errs.New(errs.Invalid, "response_type is code, or code id_token.")
	}
	if c.ResponseType == hybrid {
		c.FormPost = true // what comes in a fragment never reaches a server
	}
	return c.validateRequest()
}

// isOrigin wants the URL of a provider; whether it may be http is the outbound client's to say.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// foreign refuses what another template has: it would do nothing, and look as if it did.
func (c *Config) foreign() error {
	for _, m := range []struct {
		name, template string
		set            bool
	}{
		{"hosted_domains", nameGoogle, len(c.HostedDomains) > 0}, {"tenant", nameMicrosoft, c.Tenant != ""}, {"tenants", nameMicrosoft, len(c.Tenants) > 0},
		{"personal", nameMicrosoft, c.Personal}, {"authority", nameMicrosoft, c.Authority != ""}, {"team_id", nameApple, c.TeamID != ""},
		{"key_id", nameApple, c.KeyID != ""}, {"private_key", nameApple, c.PrivateKey != ""}, {"teams", nameSlack, len(c.Teams) > 0},
	} {
		if m.set && c.Template != m.template {
			return errs.New(errs.Invalid, m.name+" is for the template "+m.template+" alone.")
		}
	}
	return nil
}
