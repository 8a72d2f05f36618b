package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) clients() *cobra.Command {
	return group("clients", "Relying parties and machines: create, list, show, update, delete, rotate-secret, initial-token",
		c.clientsCreate(), c.clientsList(), c.clientsShow(), c.clientsUpdate(), c.clientsDelete(), c.clientsRotate(),
		c.clientsInitial())
}

// metadataFlags are the usual metadata as flags, and a file for all of it (RFC 7591 names).
type metadataFlags struct {
	cmd                            *cobra.Command
	redirects, logouts, grants     []string
	responses, resources, contacts []string
	allow                          []string
	name, scope, method, appType   string
	logo, policy, tos, home        string
	jwks, file                     string
	jwksURI, subject, sector       string
	initiate, profile              string
	backchannel, frontchannel      string
	public, firstParty             bool
}

func addMetadata(cmd *cobra.Command) *metadataFlags {
	m := &metadataFlags{cmd: cmd}
	f := cmd.Flags()
	f.StringVar(&m.file, "file", "", "JSON `file` (- for standard input) with a whole registration in RFC 7591 names; flags go over it")
	f.StringVar(&m.name, "name", "", "client_name")
	f.StringArrayVar(&m.redirects, "redirect-uri", nil, "redirect_uris; repeat the flag for more")
	f.StringArrayVar(&m.logouts, "post-logout-redirect-uri", nil, "post_logout_redirect_uris; repeat the flag for more")
	f.StringSliceVar(&m.grants, "grant-type", nil, "grant_types: authorization_code, implicit, refresh_token, client_credentials, or a name such as urn:ietf:params:oauth:grant-type:device_code or urn:openid:params:grant-type:ciba")
	f.StringSliceVar(&m.responses, "response-type", nil, "response_types, such as code or \"code id_token\"")
	f.StringVar(&m.scope, "scope", "", "scope: what may be asked for, with spaces between")
	f.StringVar(&m.method, "auth-method", "", "token_endpoint_auth_method: client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none")
	f.BoolVar(&m.public, "public", false, "the client cannot keep a secret: --auth-method none")
	f.StringVar(&m.appType, "application-type", "", "application_type: web or native")
	f.StringVar(&m.jwks, "jwks-file", "", "jwks: `file` with the client's public keys")
	f.StringVar(&m.jwksURI, "jwks-uri", "", "jwks_uri: where the client publishes its keys")
	f.StringVar(&m.subject, "subject-type", "", "subject_type: public or pairwise")
	f.StringVar(&m.sector, "sector-identifier-uri", "", "sector_identifier_uri: where a list of the sector's redirect URIs is")
	f.StringVar(&m.initiate, "initiate-login-uri", "", "initiate_login_uri: where a sign-in can be started")
	f.StringVar(&m.backchannel, "backchannel-logout-uri", "", "backchannel_logout_uri: where logout tokens are posted")
	f.StringVar(&m.frontchannel, "frontchannel-logout-uri", "", "frontchannel_logout_uri: a page that browsers load when the person signs out")
	f.StringVar(&m.profile, "profile", "", "profile: "+strings.Join(profiles.Names(), ", ")+"; it sets what it must and refuses what contradicts it")
	f.StringArrayVar(&m.resources, "resource", nil, "jedan_resources: a resource that the client may name; repeat the flag for more")
	f.StringArrayVar(&m.allow, "allow", nil, "jedan_allowed: who may use it, as group:NAME or person:USER; repeat the flag for more (everybody: no limit, nobody: no one)")
	f.StringArrayVar(&m.contacts, "contact", nil, "contacts; repeat the flag for more")
	f.StringVar(&m.home, "client-uri", "", "client_uri")
	f.StringVar(&m.logo, "logo-uri", "", "logo_uri")
	f.StringVar(&m.policy, "policy-uri", "", "policy_uri")
	f.StringVar(&m.tos, "tos-uri", "", "tos_uri")
	f.BoolVar(&m.firstParty, "first-party", false, "jedan_first_party: people are not asked for consent")
	cmd.MarkFlagsMutuallyExclusive("public", "auth-method")
	return m
}

// document is the file's registration, or an empty one.
func (m *metadataFlags) document(c *cli) (register.Document, error) {
	if m.file == "" {
		return register.Document{}, nil
	}
	raw, err := c.readFile(m.file)
	if err != nil {
		return register.Document{}, err
	}
	return register.ParseDocument(raw)
}

// apply writes the flags that were given over md.
func (m *metadataFlags) apply(c *cli, md *storage.ClientMetadata) error {
	m.applyLists(md)
	m.applyTexts(md)
	given := m.cmd.Flags().Changed
	if m.public {
		md.TokenEndpointAuthMethod = core.AuthNone
	}
	if given("first-party") {
		md.FirstParty = m.firstParty
	}
	if m.jwks == "" {
		return nil
	}
	raw, err := c.readFile(m.jwks)
	if err == nil && !json.Valid(raw) {
		err = usagef("--jwks-file does not name a JSON file")
	}
	md.JWKS = raw
	return err
}

func (m *metadataFlags) applyLists(md *storage.ClientMetadata) {
	for name, l := range map[string]struct {
		to   *[]string
		from []string
	}{
		"redirect-uri": {&md.RedirectURIs, m.redirects}, "post-logout-redirect-uri": {&md.PostLogoutRedirectURIs, m.logouts},
		"grant-type": {&md.GrantTypes, m.grants}, "response-type": {&md.ResponseTypes, m.responses}, "resource": {&md.Resources, m.resources},
		"contact": {&md.Contacts, m.contacts},
	} {
		if m.cmd.Flags().Changed(name) {
			*l.to = slices.DeleteFunc(l.from, func(s string) bool { return s == "" }) // an empty flag empties the list
		}
	}
}

func (m *metadataFlags) applyTexts(md *storage.ClientMetadata) {
	for name, t := range map[string]struct {
		to   *string
		from string
	}{
		"name": {&md.ClientName, m.name}, "scope": {&md.Scope, strings.Join(strings.Fields(m.scope), " ")}, "auth-method": {&md.TokenEndpointAuthMethod, m.method},
		"application-type": {&md.ApplicationType, m.appType}, "client-uri": {&md.ClientURI, m.home}, "logo-uri": {&md.LogoURI, m.logo},
		"jwks-uri": {&md.JWKSURI, m.jwksURI}, "subject-type": {&md.SubjectType, m.subject}, "sector-identifier-uri": {&md.SectorIdentifierURI, m.sector},
		"backchannel-logout-uri": {&md.BackchannelLogoutURI, m.backchannel}, "frontchannel-logout-uri": {&md.FrontchannelLogoutURI, m.frontchannel},
		"initiate-login-uri": {&md.InitiateLoginURI, m.initiate}, "profile": {&md.Profile, m.profile}, "policy-uri": {&md.PolicyURI, m.policy}, "tos-uri": {&md.TosURI, m.tos},
	} {
		if m.cmd.Flags().Changed(name) {
			*t.to = t.from
		}
	}
}

// showRegistered prints a registration; warnings and the word about the secret go to standard error.
func (c *cli) showRegistered(g *register.Registered) error {
	for _, w := range g.Warnings {
		c.note("Warning: %s", w)
	}
	if g.Secret != "" {
		c.note("The secret is shown this once and kept nowhere.")
	}
	return c.showJSON(g.Document())
}
