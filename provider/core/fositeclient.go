package core

import (
	"slices"

	"github.com/ory/fosite"
)

// fositeClient shows a client to fosite for one request: exactly the redirect URI that our own table matched, and the refresh_token grant only
// if this grant carries one.
type fositeClient struct {
	*Client
	redirect string
	refresh  bool
	scopes   []string
}

var _ fosite.Client = (*fositeClient)(nil)

func (c *fositeClient) GetID() string                      { return c.ClientID }
func (c *fositeClient) GetHashedSecret() []byte            { return nil }
func (c *fositeClient) GetRedirectURIs() []string          { return []string{c.redirect} }
func (c *fositeClient) GetResponseTypes() fosite.Arguments { return c.ResponseTypes }
func (c *fositeClient) GetScopes() fosite.Arguments        { return c.scopes }

// IsPublic is what fosite asks before it wants a code_challenge, and for nothing else that is left to it.
func (c *fositeClient) IsPublic() bool { return c.Public() && !c.Metadata.PKCEOptional }

func (c *fositeClient) GetAudience() fosite.Arguments { return nil }
func (c *fositeClient) GetGrantTypes() fosite.Arguments {
	types := slices.DeleteFunc(slices.Clone(c.GrantTypes), func(t string) bool { return t == "refresh_token" })
	if c.refresh {
		types = append(types, "refresh_token")
	}
	return types
}
