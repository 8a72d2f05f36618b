package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkExchange: grant type and policy go together, and a policy allows something (RFC 8693). Everything it names must exist, so that a slip of the pen
// allows nothing later.
func checkExchange(ctx context.Context, c candidate) error {
	p := c.TokenExchange
	if has := slices.Contains(c.GrantTypes, core.GrantTokenExchange); has != (p != nil) {
		return refuse("jedan_token_exchange", "goes with the grant type "+core.GrantTokenExchange+", and that with it")
	}
	if p == nil {
		return nil
	}
	if !p.Impersonation && !p.Delegation {
		return refuse("jedan_token_exchange", "must allow impersonation or delegation")
	}
	if err := c.provesItself(core.GrantTokenExchange); err != nil {
		return err
	}
	for _, check := range []func(context.Context) error{c.checkAudiences, c.checkSubjectClients, c.checkConnectors} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return c.trusted("jedan_token_exchange.issuers", p.Issuers)
}

func checkJWTBearer(_ context.Context, c candidate) error {
	p := c.JWTBearer
	if has := slices.Contains(c.GrantTypes, core.GrantJWTBearer); has != (p != nil) {
		return refuse("jedan_jwt_bearer", "goes with the grant type "+core.GrantJWTBearer+", and that with it")
	}
	if p == nil {
		return nil
	}
	if len(p.Issuers) == 0 {
		return refuse("jedan_jwt_bearer", "must name an issuer")
	}
	if err := c.provesItself(core.GrantJWTBearer); err != nil {
		return err
	}
	return c.trusted("jedan_jwt_bearer.issuers", p.Issuers)
}

// provesItself: anybody can pose as a public client, and these grant types need no person.
func (c candidate) provesItself(grantType string) error {
	if c.TokenEndpointAuthMethod == core.AuthNone {
		return refuse("token_endpoint_auth_method", "must not be none for the grant type "+grantType)
	}
	return nil
}

func (c candidate) checkAudiences(ctx context.Context) error {
	const member = "jedan_token_exchange.audiences"
	if err := eachOf(CodeMetadata, member, c.TokenExchange.Audiences, func(s string) string { return judgeURI(s, resourceRules()) }); err != nil {
		return err
	}
	for i, id := range c.TokenExchange.Audiences {
		_, err := c.r.d.Store.ResourceByIdentifier(ctx, c.r.d.Tenant, id)
		if errs.Is(err, errs.NotFound) {
			return refuse(fmt.Sprintf("%s[%d]", member, i), "must be a resource that is registered here")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkConnectors wants names as connectors have them. One that is not there yet allows nothing.
func (c candidate) checkConnectors(context.Context) error {
	return eachOf(CodeMetadata, "jedan_token_exchange.connectors", c.TokenExchange.Connectors, func(s string) string {
		if len(s) < 2 || len(s) > 32 || strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			return "must be the name of a connector"
		}
		return ""
	})
}

func (c candidate) checkSubjectClients(ctx context.Context) error {
	const member = "jedan_token_exchange.subject_clients"
	known := func(string) string { return "" }
	if err := eachOf(CodeMetadata, member, c.TokenExchange.SubjectClients, known); err != nil {
		return err
	}
	for i, id := range c.TokenExchange.SubjectClients {
		_, err := c.r.d.Store.ClientByClientID(ctx, c.r.d.Tenant, id)
		if errs.Is(err, errs.NotFound) {
			return refuse(fmt.Sprintf("%s[%d]", member, i), "must be a client that is registered here")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trusted wants every issuer in the configuration: a registration trusts nobody by itself.
func (c candidate) trusted(member string, issuers []string) error {
	return eachOf(CodeMetadata, member, issuers, func(s string) string {
		if !slices.Contains(c.r.d.Issuers, s) {
			return "must be an issuer of the configuration (tokens.trusted_issuers)"
		}
		return ""
	})
}
