package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Bounds of a registration.
const (
	maxURIs       = 50
	maxName       = 100 // characters
	maxContacts   = 10
	maxLifetime   = 24 * 60 * 60 // seconds, as the server's own limit
	maxAuthMaxAge = 1 << 30      // seconds, as in an authorization request
)

// candidate is a registration that is being judged.
type candidate struct {
	*storage.ClientMetadata
	r   *Registrar
	old *storage.ClientMetadata // as it stands; nil: a new registration
}

// rule is one rule of the table.
type rule struct {
	name  string
	check func(ctx context.Context, c candidate) error
}

// rules is the table, in order; the first refusal is what the caller hears.
func rules() []rule {
	return []rule{
		{"profile", checkProfile},
		{"grant_types", checkGrantTypes},
		{"response_types", checkResponseTypes},
		{"response_types_match", checkTypesMatch},
		{"response_modes", checkResponseModes},
		{"auth_method", checkAuthMethod},
		{"auth_method_match", checkMethodMatches},
		{"application_type", checkApplicationType},
		{"redirect_uris", checkRedirectURIs},
		{"redirect_uris_type", checkRedirectTypes},
		{"redirect_uris_needed", checkRedirectsNeeded},
		{"post_logout_redirect_uris", checkPostLogoutURIs},
		{"pages", checkPages},
		{"client_name", checkName},
		{"contacts", checkContacts},
		{"scope", checkScope},
		{"resources", checkResources},
		{"default_resource", checkDefaultResource},
		{"allowed", checkAllowedPeople},
		{"forward_auth", checkForward},
		{"algorithms", checkAlgorithms},
		{"jwks_uri", checkKeyReference},
		{"jwks", checkJWKS},
		{"request_uris", checkRequestURIs},
		{"request_objects", checkRequestObjects},
		{"pkce_optional", checkPKCEOptional},
		{"response_alg", checkResponseAlg},
		{"encryption", checkEncryption},
		{"subject_type", checkSubjectType},
		{"max_age", checkMaxAge},
		{"acr_values", checkACRValues},
		{"access_tokens", checkAccessTokens},
		{"lifetimes", checkLifetimes},
		{"authorization_details_types", checkDetailTypes},
		{"token_exchange", checkExchange},
		{"jwt_bearer", checkJWTBearer},
		{"ciba", checkCIBA},
		{"backchannel_logout", checkBackchannelLogout},
		{"frontchannel_logout", checkFrontchannelLogout},
		{"sector", checkSector},
		{"certificate_names", checkCertificateNames},
		{"bound", checkBound},
	}
}

func (r *Registrar) judge(ctx context.Context, m, old *storage.ClientMetadata) error {
	for _, rule := range rules() {
		if err := rule.check(ctx, candidate{m, r, old}); err != nil {
			return err
		}
	}
	return nil
}

func oneOf(member, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return refuse(member, "must be "+words(allowed, "or"))
}

func words(list []string, and string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + and + " " + list[len(list)-1]
}

// eachOf judges every value of a list and refuses one that stands there twice.
func eachOf(code, member string, list []string, judge func(string) string) error {
	if len(list) > maxURIs {
		return problem(code, member, fmt.Sprintf("must not have more than %d values", maxURIs))
	}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", member, i)
		if wrong := judge(v); wrong != "" {
			return problem(code, at, wrong)
		}
		if slices.Contains(list[:i], v) {
			return problem(code, at, "must not repeat an earlier value")
		}
	}
	return nil
}

func checkRedirectURIs(_ context.Context, c candidate) error {
	return eachOf(CodeRedirectURI, "redirect_uris", c.RedirectURIs, func(s string) string { return judgeURI(s, redirectRules()) })
}

func checkPostLogoutURIs(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "post_logout_redirect_uris", c.PostLogoutRedirectURIs, func(s string) string { return judgeURI(s, redirectRules()) })
}

// checkRedirectTypes: private-use schemes are for native applications (RFC 8252), and tokens that come through the browser only go to https in a
// web application (OpenID Connect Registration section 2). That section's ban of the host localhost is a warning here: certification runs on it.
func checkRedirectTypes(_ context.Context, c candidate) error {
	if c.ApplicationType == native {
		return nil
	}
	for i, uri := range c.RedirectURIs {
		member := fmt.Sprintf("redirect_uris[%d]", i)
		switch {
		case core.IsPrivateUse(uri) && core.Origin(uri) == "":
			return problem(CodeRedirectURI, member, "must not have a private-use scheme unless application_type is native")
		case strings.HasPrefix(uri, "http:") && slices.Contains(c.GrantTypes, grantImplicit):
			return problem(CodeRedirectURI, member, "must be https when the grant type implicit is used by a web application")
		}
	}
	return nil
}

func checkRedirectsNeeded(_ context.Context, c candidate) error {
	if len(c.RedirectURIs) == 0 && c.ofPeople() {
		return problem(CodeRedirectURI, "redirect_uris", "must have a URI for the grant types authorization_code and implicit")
	}
	return nil
}

func checkPages(_ context.Context, c candidate) error {
	for _, p := range []struct{ member, uri string }{
		{"client_uri", c.ClientURI}, {"logo_uri", c.LogoURI}, {"policy_uri", c.PolicyURI}, {"tos_uri", c.TosURI}, {"initiate_login_uri", c.InitiateLoginURI},
	} {
		if p.uri == "" {
			continue
		}
		if wrong := judgeURI(p.uri, pageRules()); wrong != "" {
			return refuse(p.member, wrong)
		}
	}
	return nil
}

func checkName(_ context.Context, c candidate) error {
	if c.ClientName == "" {
		return nil
	}
	return refuse("client_name", judgeText(c.ClientName, maxName))
}

func checkContacts(_ context.Context, c candidate) error {
	if len(c.Contacts) > maxContacts {
		return refuse("contacts", "must not have more than 10 values")
	}
	return eachOf(CodeMetadata, "contacts", c.Contacts, func(s string) string { return judgeText(s, 254) })
}

func checkScope(_ context.Context, c candidate) error {
	if strings.Join(strings.Fields(c.Scope), " ") != c.Scope {
		return refuse("scope", "must have one space between scopes and none around them")
	}
	return refuse("scope", judgeScopes(strings.Fields(c.Scope)))
}

// checkResources: a client names only resources that are registered (RFC 8707 section 2).
func checkResources(ctx context.Context, c candidate) error {
	err := eachOf(CodeMetadata, "jedan_resources", c.Resources, func(s string) string { return judgeURI(s, resourceRules()) })
	if err != nil {
		return err
	}
	for i, id := range c.Resources {
		_, err := c.r.d.Store.ResourceByIdentifier(ctx, c.r.d.Tenant, id)
		if errs.Is(err, errs.NotFound) {
			return refuse(fmt.Sprintf("jedan_resources[%d]", i), "must be a resource that is registered here")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkDefaultResource: what the client may not name is not its default either.
func checkDefaultResource(_ context.Context, c candidate) error {
	if c.DefaultResource != "" && !slices.Contains(c.Resources, c.DefaultResource) {
		return refuse("jedan_default_resource", "must be one of jedan_resources")
	}
	return nil
}

func checkMaxAge(_ context.Context, c candidate) error {
	if n := c.DefaultMaxAge; n != nil && (*n < 0 || *n > maxAuthMaxAge) {
		return refuse("default_max_age", "must be a number of seconds, 0 or more")
	}
	return nil
}

func checkACRValues(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "default_acr_values", c.DefaultACRValues, func(s string) string {
		if !printable(s, 256) {
			return "must be 1 to 256 printable ASCII characters without spaces"
		}
		return ""
	})
}

func checkAccessTokens(_ context.Context, c candidate) error {
	if c.AccessTokenSeconds < 0 || c.AccessTokenSeconds > maxLifetime {
		return refuse("jedan_access_token_seconds", "must be from 1 to 86400, or 0 for the server's own lifetime")
	}
	if c.AccessTokenFormat == "" {
		return nil
	}
	return oneOf("jedan_access_token_format", c.AccessTokenFormat, []string{"jwt", "opaque"})
}
