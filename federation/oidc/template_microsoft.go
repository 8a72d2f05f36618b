package oidc

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// personalTenant is whose people have private accounts.
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

const anyTenant = "{tenantid}"

// microsoft is "OpenID Connect on the Microsoft identity platform" and "ID token claims reference".
func microsoft() template {
	p := plain()
	p.presets = presetMicrosoft
	p.document = func(c Config) string { return c.Authority + "/" + tenantIn(c) + "/v2.0" }
	p.names = func(c Config, iss string) bool {
		tenant, ok := strings.CutPrefix(iss, c.Authority+"/")
		tenant, isV2 := strings.CutSuffix(tenant, "/v2.0")
		return ok && isV2 && isGUID(tenant) && (tenantIn(c) == anyTenant || tenant == tenantIn(c))
	}
	p.issuer = func(t *attempt) string {
		return strings.ReplaceAll(t.c.c.template.document(t.c.c), anyTenant, t.text("tid"))
	}
	p.rows = rowsMicrosoft
	p.key = func(t *attempt) string { return t.c.c.Authority + "\n" + t.text("tid") + "\n" + t.text("oid") }
	p.trusts = func(t *attempt) bool { return t.claims["xms_edov"] == true } // "email domain owner verified": the tenant's administrators have proved the domain
	p.noAuthTime = true
	return p
}

func presetMicrosoft(c *Config) error {
	preset(&c.Authority, "https://login.microsoftonline.com")
	if c.Tenant == "" {
		return errs.New(errs.Invalid, "tenant is missing: a tenant's id, or common, organizations or consumers.")
	}
	c.Authority, c.Tenant = strings.TrimSuffix(c.Authority, "/"), strings.ToLower(c.Tenant)
	if c.Issuer != "" {
		return errs.New(errs.Invalid, "issuer is not for the template microsoft: it comes of tenant and authority.")
	}
	c.Issuer = c.Authority + "/" + c.Tenant + "/v2.0"
	several := slices.Contains([]string{"common", "organizations"}, c.Tenant)
	switch {
	case !several && c.Tenant != "consumers" && !isGUID(c.Tenant):
		return errs.New(errs.Invalid, "tenant is a tenant's id, or common, organizations or consumers.")
	case several != (len(c.Tenants) > 0):
		return errs.New(errs.Invalid, "tenants goes with the tenant common or organizations: ids of the tenants whose people may sign in, or * for all.")
	case slices.ContainsFunc(c.Tenants, func(id string) bool { return id != "*" && !isGUID(strings.ToLower(id)) }):
		return errs.New(errs.Invalid, "tenants are ids of tenants, or *.")
	case c.AuthMethod == methodJWT:
		return errs.New(errs.Invalid, "private_key_jwt is not for the template microsoft: it wants the certificate of a key in its own way.")
	case (c.Tenant == "consumers" || c.Tenant == personalTenant) && !c.Personal:
		return errs.New(errs.Invalid, "People of this tenant have private accounts: say personal too.")
	}
	return ownTrust(c)
}

// tenantIn is the tenant that the discovery document's issuer names.
func tenantIn(c Config) string {
	switch c.Tenant {
	case "common", "organizations":
		return anyTenant
	case "consumers":
		return personalTenant
	}
	return c.Tenant
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func isGUID(s string) bool { return guid.MatchString(s) }

func rowsMicrosoft() []row {
	return []row{
		{Name: "oidc_microsoft.tid", Reason: "tenant", Check: checkTenantID},
		{Name: "oidc_microsoft.key_issuer", Reason: "issuer", Check: checkKeyIssuer},
		{Name: "oidc_microsoft.tenant", Reason: "tenant", Check: checkTenant},
		{Name: "oidc_microsoft.personal", Reason: "tenant", Check: checkPersonal},
		{Name: "oidc_microsoft.oid", Reason: "subject", Check: checkObjectID},
	}
}

// checkTenantID wants the tenant that the issuer names, also the one of the authorization response (RFC 9207), where that named one.
func checkTenantID(_ context.Context, t *attempt) (expected, received string, err error) {
	tid := t.text("tid")
	if !isGUID(tid) || t.claims["iss"] != t.c.c.Authority+"/"+tid+"/v2.0" || t.a.Params.Has("iss") && t.a.Params.Get("iss") != t.claims["iss"] {
		received = "another, or none"
	}
	return "the tenant of the issuer as tid", received, nil
}

// checkKeyIssuer keeps a key that is for one tenant's tokens from signing another's.
func checkKeyIssuer(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.signer != "" && strings.ReplaceAll(t.signer, anyTenant, t.text("tid")) != t.claims["iss"] {
		received = "one for another's"
	}
	return "a key for tokens of this issuer", received, nil
}

func checkTenant(_ context.Context, t *attempt) (expected, received string, err error) {
	expected = "a tenant of this connector"
	if t.text("tid") == personalTenant && t.c.c.Personal || slices.Contains(t.c.c.Tenants, "*") {
		return expected, "", nil
	}
	return expected, t.listed("tid", t.c.c.Tenants), nil
}

func checkPersonal(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.text("tid") == personalTenant && !t.c.c.Personal {
		received = "a private one"
	}
	return "an organization's account", received, nil
}

// checkObjectID wants the directory's id of the person: sub is another one for each application, and is not what other services of theirs know.
func checkObjectID(_ context.Context, t *attempt) (expected, received string, err error) {
	if !isGUID(t.text("oid")) {
		received = "none"
	}
	return "an object id", received, nil
}
