package core

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TokenRequest is a token request whose client is authenticated and may use the grant type.
type TokenRequest struct {
	Form    url.Values
	Client  *Client
	Binding Binding // keys that the request proved to hold and that its tokens are bound to
}

// GrantType serves one grant_type of the token endpoint. It fills in only its own part: the shared phases are provider/token's.
type GrantType interface {
	GrantType() string
	Serve(ctx context.Context, r *TokenRequest) (*TokenResponse, error)
}

// Genuine is a grant type whose requests carry something that we made, such as a code. It reports, without a query, whether a request does.
type Genuine interface {
	Genuine(r *TokenRequest) bool
}

// Issuance decides what an access token looks like: audience, format, algorithm and lifetime follow from client and resources.
type Issuance struct {
	Resources *Resources
	Config    Config
	Issuer    string
	Userinfo  string // URL of the UserInfo endpoint
	Now       func() time.Time
}

// Template returns the access token for a client, scopes and resources. A grant, if there is one, adds the person.
func (i *Issuance) Template(ctx context.Context, c *Client, g *storage.Grant, scopes, resources []string) (AccessToken, error) {
	now := i.Now()
	a := AccessToken{
		ID: storage.NewID(now), Issuer: i.Issuer, Subject: c.ClientID, ClientID: c.ClientID, Client: c.ID, Scopes: scopes,
		IssuedAt: now, Alg: c.AccessTokenAlg(), Opaque: c.Metadata.AccessTokenFormat == "opaque",
	}
	life, err := i.shape(ctx, c, &a, resources)
	if err != nil {
		return a, err
	}
	a.ExpiresAt = now.Add(life)
	a.Audience = i.audience(scopes, resources)
	if g != nil {
		a.Subject, a.Grant, a.AuthTime, a.ACR = g.Subject, g.ID, g.AuthTime, g.ACR
		a.Session, a.AMR, a.Details = g.Session, g.AMR, g.Details
		if g.ExpiresAt.Before(a.ExpiresAt) {
			a.ExpiresAt = g.ExpiresAt
		}
	}
	return a, nil
}

// ForRequest is Template for the token endpoint: the token is bound to the keys that the request proved and has the details that it asked for. Every grant
// type uses it, and the endpoint answers with nothing that is bound to less.
func (i *Issuance) ForRequest(ctx context.Context, r *TokenRequest, g *storage.Grant, scopes, resources []string) (AccessToken, error) {
	a, err := i.Template(ctx, r.Client, g, scopes, resources)
	if err == nil {
		err = a.Mintable()
	}
	if err != nil {
		return a, err
	}
	a.Cnf = r.Binding
	if g != nil {
		a.Details, err = r.Client.details(r.Form.Get("authorization_details"), g.Details, resources)
	}
	return a, err
}

// shape lets resources override format and lifetime; the shortest lifetime wins, and one opaque resource makes the token opaque.
func (i *Issuance) shape(ctx context.Context, c *Client, a *AccessToken, resources []string) (time.Duration, error) {
	life := i.Config.AccessLifetime
	if s := c.Metadata.AccessTokenSeconds; s > 0 {
		life = time.Duration(s) * time.Second
	}
	alg := ""
	for n, id := range resources {
		r, err := i.Resources.ByIdentifier(ctx, id)
		if errs.CodeOf(err) == errs.NotFound {
			return 0, InvalidTarget("The resource is no longer registered.", "an unknown resource")
		}
		if err != nil {
			return 0, err
		}
		if own := time.Duration(r.Seconds) * time.Second; own > 0 && (n == 0 || own < life) {
			life = own
		}
		if r.Alg != "" {
			a.mixed = a.mixed || alg != "" && alg != r.Alg
			alg = r.Alg
		}
		if r.TokenFormat != "" {
			a.Opaque = r.TokenFormat == "opaque" || (n > 0 && a.Opaque)
		}
	}
	if alg != "" {
		a.Alg = alg
	}
	a.weak = c.Demands.Algs != nil && !slices.Contains(c.Demands.Algs, a.Alg)
	return profiles.Shorter(life, c.Demands.AccessMost), nil
}

// audience is the granted resources, or the issuer if there are none; with openid the UserInfo endpoint is one too.
func (i *Issuance) audience(scopes, resources []string) []string {
	aud := slices.Clone(resources)
	if len(aud) == 0 {
		aud = []string{i.Issuer}
	}
	if slices.Contains(scopes, "openid") {
		aud = append(aud, i.Userinfo)
	}
	return aud
}

// Narrow returns the scopes and resources of a token request within those granted: RFC 6749 section 6 and RFC 8707 section 2.2. Absent
// parameters mean all.
func Narrow(form url.Values, scopes, resources []string) (s, r []string, err error) {
	s, r = scopes, resources
	if form.Get("scope") != "" { // RFC 6749 section 3.1: sent without a value means omitted
		s = Words(form.Get("scope"))
		for _, x := range s {
			if !slices.Contains(scopes, x) {
				return nil, nil, InvalidScope("granted scopes", "a wider one")
			}
		}
	}
	if form.Get("resource") != "" {
		r = form["resource"]
		for _, x := range r {
			if !slices.Contains(resources, x) {
				return nil, nil, InvalidTarget("The resource was not granted.", "another")
			}
		}
	}
	return s, r, nil
}

// Lifetime is how long an access token for the client and resources counts.
func (i *Issuance) Lifetime(ctx context.Context, c *Client, resources []string) (time.Duration, error) {
	var a AccessToken
	return i.shape(ctx, c, &a, resources)
}

// Endure decides whether a refresh token goes with a new grant and when it all ends. unfetched is how long its tokens may wait to be fetched.
func (i *Issuance) Endure(ctx context.Context, c *Client, g *storage.Grant, unfetched time.Duration) error {
	g.Offline = g.Scopes.Has("offline_access")
	g.Refresh = c.MayUse("refresh_token") && (g.Offline || c.Metadata.Online)
	g.Rotates = g.Refresh && c.RotatesRefresh(false) // redemption by a key changes it
	if g.Refresh {
		g.ExpiresAt = g.CreatedAt.Add(c.RefreshLife(i.Config.GrantLifetime))
		return nil
	}
	return i.Ephemeral(ctx, c, g, unfetched)
}

// Ephemeral ends a grant without a refresh token with its one access token.
func (i *Issuance) Ephemeral(ctx context.Context, c *Client, g *storage.Grant, unfetched time.Duration) error {
	life, err := i.Lifetime(ctx, c, g.Resources)
	g.ExpiresAt = g.CreatedAt.Add(unfetched + life)
	return err
}
