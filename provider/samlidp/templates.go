package samlidp

import (
	"maps"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// templates are what applications want by their own public documentation. They fill in what an operator left empty, once, when a row is written.
func templates() map[string]Settings {
	plain := func(pairs ...string) (out []Attribute) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, Attribute{Name: pairs[i], Claim: pairs[i+1], Format: "basic"})
		}
		return out
	}
	return map[string]Settings{
		// Salesforce: SAML Single Sign-On Settings; identity type "Federation ID" or "Username", and just-in-time provisioning by User.* attributes.
		"salesforce": {
			NameIDFormat: Username, Sign: SignAssertion, IDPInitiated: true,
			Attributes: plain("User.Username", "preferred_username", "User.Email", "email", "User.FirstName", "given_name", "User.LastName", "family_name", "User.FederationIdentifier", "sub"),
		},
		// AWS IAM: "Configure SAML assertions for the authentication response". The Role attribute, "arn of role,arn of provider", is for the operator to write.
		"aws": {
			ACS: []ACS{{URL: "https://signin.aws.amazon.com/saml", Default: true}}, NameIDFormat: Persistent, Sign: SignAssertion, IDPInitiated: true,
			Attributes: []Attribute{{Name: "https://aws.amazon.com/SAML/Attributes/RoleSessionName", Format: "uri", Claim: "email"}},
		},
		// Google Workspace: "Set up SSO with a third-party IdP"; the name identifier is the primary address.
		"google-workspace": {NameIDFormat: Email, Sign: SignAssertion},
		// GitLab: "SAML SSO for GitLab", attribute_statements' default names.
		"gitlab": {
			NameIDFormat: Persistent, Sign: SignAssertion, Groups: &Attribute{Name: "Groups", Format: "basic"},
			Attributes: plain("email", "email", "name", "name", "first_name", "given_name", "last_name", "family_name", "nickname", "preferred_username"),
		},
		// Grafana: "Configure SAML authentication", assertion_attribute_* of the examples.
		"grafana": {
			NameIDFormat: Transient, Sign: SignBoth, Groups: &Attribute{Name: "groups", Format: "basic"},
			Attributes: plain("displayName", "name", "mail", "email", "login", "preferred_username"),
		},
	}
}

// Templates are the names of the templates that there are.
func Templates() []string { return slices.Sorted(maps.Keys(templates())) }

// preset fills in what is empty from the template that the settings name.
func (s Settings) preset() (Settings, error) {
	if s.Template == "" {
		return s, nil
	}
	t, ok := templates()[s.Template]
	if !ok {
		return s, errs.New(errs.Invalid, "There is no such template: "+strings.Join(Templates(), ", ")+".")
	}
	if len(s.ACS) == 0 {
		s.ACS = t.ACS
	}
	if s.NameIDFormat == "" {
		s.NameIDFormat = t.NameIDFormat
	}
	if s.Sign == "" {
		s.Sign = t.Sign
	}
	if s.Attributes == nil {
		s.Attributes = t.Attributes
	}
	if s.Groups == nil {
		s.Groups = t.Groups
	}
	s.IDPInitiated = s.IDPInitiated || t.IDPInitiated
	return s, nil
}
