package core

import (
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Client authentication methods (OpenID Connect Core section 9).
const (
	AuthNone          = "none"
	AuthSecretBasic   = "client_secret_basic"
	AuthSecretPost    = "client_secret_post"
	AuthPrivateKeyJWT = "private_key_jwt"
	AuthSecretJWT     = "client_secret_jwt"

	// With a certificate (RFC 8705 section 2).
	AuthTLS           = "tls_client_auth"
	AuthSelfSignedTLS = "self_signed_tls_client_auth"
)

// Client is a registered client with everything parsed that a request needs. It is immutable and shared.
type Client struct {
	*storage.Client
	Scopes        []string
	GrantTypes    []string
	ResponseTypes []string // each with its words sorted
	ResponseModes []string // empty: the default ones
	AuthMethod    string
	Origins       []string // of its redirect URIs, for CORS
	Sector        string   // of pairwise subjects; empty: the public subject
	Demands       Demands
	Contradiction string // the setting that breaks its profile, in a sentence; the client counts as disabled then

	own    *KeySet    // keys registered by value (jwks); nil if none
	remote RemoteKeys // finds keys registered by reference (jwks_uri); nil: nowhere
}

// Demands are what profiles ask of their clients beyond what they are registered for.
type Demands = profiles.Demands

// ParseClient reads a registration. It fails only if the stored keys are not acceptable any more.
func ParseClient(c *storage.Client) (*Client, error) { return parseClient(c, profiles.Server{}) }

// parseClient reads a registration as its profiles have it.
func parseClient(stored *storage.Client, s profiles.Server) (*Client, error) {
	c, wrong := profiles.Under(stored, s)
	m := &c.Metadata
	out := &Client{
		Client: c, Demands: profiles.DemandsOf(m, s), Scopes: strings.Fields(m.Scope), GrantTypes: orDefault(m.GrantTypes, "authorization_code"),
		ResponseModes: m.ResponseModes, AuthMethod: m.TokenEndpointAuthMethod,
	}
	if wrong != nil {
		out.Contradiction = wrong.Sentence()
	}
	out.Scopes = profiles.Within(out.Scopes, out.Demands.Scopes)
	if out.AuthMethod == "" {
		out.AuthMethod = AuthSecretBasic
	}
	for _, rt := range orDefault(m.ResponseTypes, "code") {
		out.ResponseTypes = append(out.ResponseTypes, SortWords(rt))
	}
	for _, uri := range m.RedirectURIs {
		if o := Origin(uri); o != "" && !slices.Contains(out.Origins, o) {
			out.Origins = append(out.Origins, o)
		}
	}
	if m.SubjectType == SubjectPairwise {
		if out.Sector, _ = Sector(m); out.Sector == "" {
			out.Sector = c.ClientID // a registration that the rules would refuse now: nobody shares its subjects
		}
	}
	if len(m.JWKS) > 0 {
		set, err := ParseKeySet(m.JWKS)
		if err != nil {
			return nil, err
		}
		out.own = set
	}
	return out, nil
}

// Disabledness says why a client that counts as disabled does, for the log.
func (c *Client) Disabledness() string {
	if c.Contradiction != "" {
		return "one that contradicts its profile: " + c.Contradiction
	}
	return "a disabled one"
}

// Public reports whether the client cannot keep a secret (RFC 6749 section 2.1).
func (c *Client) Public() bool { return c.AuthMethod == AuthNone }

// Named are the resources that a request of the client is for: those that it names, else the client's default, if it has one (RFC 8707 section 2).
func (c *Client) Named(ids []string) []string {
	if len(ids) == 0 && c.Metadata.DefaultResource != "" {
		return []string{c.Metadata.DefaultResource}
	}
	return ids
}

// MayUse reports whether the client is registered for a grant type.
func (c *Client) MayUse(grantType string) bool { return slices.Contains(c.GrantTypes, grantType) }

// RotatesRefresh reports whether its refresh tokens are renewed at each use: public clients' are unless they are bound to a key, others' only if the
// registration says so.
func (c *Client) RotatesRefresh(bound bool) bool {
	stealable := c.Public() && !bound
	if c.Metadata.RotateRefresh != nil {
		return *c.Metadata.RotateRefresh || stealable
	}
	return stealable
}

// IDTokenAlg is the algorithm of its ID tokens.
func (c *Client) IDTokenAlg() string {
	if c.Metadata.IDTokenSignedResponseAlg != "" {
		return c.Metadata.IDTokenSignedResponseAlg
	}
	return "RS256"
}

// AccessTokenAlg is the algorithm of its JWT access tokens.
func (c *Client) AccessTokenAlg() string {
	if c.Metadata.AccessTokenAlg != "" {
		return c.Metadata.AccessTokenAlg
	}
	return "ES256"
}

// Name is what people are shown.
func (c *Client) Name() string {
	if c.Metadata.ClientName != "" {
		return c.Metadata.ClientName
	}
	return c.ClientID
}

// StartURL is where the client begins a sign-in at this issuer (OpenID Connect Core section 4), or "": nobody is led to a stranger's page.
func (c *Client) StartURL(issuer string) string {
	u, err := url.Parse(c.Metadata.InitiateLoginURI)
	if c.Metadata.InitiateLoginURI == "" || c.Metadata.Unvetted || err != nil {
		return ""
	}
	q := u.Query()
	q.Set("iss", issuer)
	u.RawQuery = q.Encode()
	return u.String()
}

// Home is the host where the application is at home, as far as its registration says; "" if it does not.
func (c *Client) Home() string {
	for _, uri := range append([]string{c.Metadata.ClientURI}, c.Metadata.RedirectURIs...) {
		if u, err := url.Parse(uri); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

// SortWords puts the words of a space-separated value in order, since their order carries no meaning (OAuth 2.0 Multiple Response Types).
func SortWords(s string) string {
	w := strings.Fields(s)
	slices.Sort(w)
	return strings.Join(w, " ")
}

func orDefault(l []string, d string) []string {
	if len(l) == 0 {
		return []string{d}
	}
	return l
}
