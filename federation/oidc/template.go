package oidc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// Names of templates.
const (
	nameGoogle    = "google"
	nameMicrosoft = "microsoft"
	nameApple     = "apple"
	nameGitLab    = "gitlab"
	nameLinkedIn  = "linkedin"
	nameSlack     = "slack"
)

// template is what one provider does otherwise than the specifications, or promises beyond them. Each has its file; plain is the specifications' word.
type template struct {
	presets    func(c *Config) error                      // fills what the operator left out; errs.Invalid for what cannot be
	ask        func(c Config, request map[string]string)  // changes the authorization request
	document   func(c Config) string                      // issuer that the discovery document names
	names      func(c Config, iss string) bool            // whether iss of an authorization response is this provider
	issuer     func(t *attempt) string                    // issuer that the ID token must name
	normalise  func(claims map[string]any)                // of the ID token, once its signature is verified
	rows       func() []row                               // about the ID token, after everybody's
	key        func(t *attempt) string                    // who the person is, for good
	trusts     func(t *attempt) bool                      // whether the address is the person's, by the provider's word
	refused    func(answer *fetch.Response) string        // error of RFC 6749 section 5.2 that an answer of the token endpoint means
	secret     func(c Config, t mintTime) (string, error) // makes our client secret; nil: the operator brings it
	noPKCE     bool                                       // it refuses requests with a verifier
	noNonce    bool                                       // its ID tokens lack the nonce; one that is there must still be right
	noAuthTime bool                                       // it does not say when somebody proved themselves
	offline    bool                                       // offline_access is the scope for a refresh token
	rest       time.Duration                              // how long it does not want to be asked again about somebody
}

func plain() template {
	return template{
		presets:   func(*Config) error { return nil },
		ask:       func(Config, map[string]string) {},
		document:  func(c Config) string { return c.Issuer },
		names:     func(c Config, iss string) bool { return iss == c.Issuer },
		issuer:    func(t *attempt) string { return t.c.c.Issuer },
		normalise: func(map[string]any) {},
		rows:      func() []row { return nil },
		key:       keyOfSubject,
		trusts:    func(t *attempt) bool { return t.c.c.TrustEmail && t.claims["email_verified"] == true }, // a JSON truth (FE01)
		refused:   refusedBy,
		offline:   true,
	}
}

func keyOfSubject(t *attempt) string {
	sub, _ := t.claims["sub"].(string)
	return t.c.c.Issuer + "\n" + sub
}

func templateOf(name string) (template, error) {
	switch name {
	case "":
		return plain(), nil
	case nameGoogle:
		return google(), nil
	case nameMicrosoft:
		return microsoft(), nil
	case nameApple:
		return apple(), nil
	case nameGitLab:
		return gitlab(), nil
	case nameLinkedIn:
		return linkedin(), nil
	case nameSlack:
		return slack(), nil
	}
	return template{}, errs.New(errs.Invalid, fmt.Sprintf("template is one of %s; leave it out for any other provider.", strings.Join(templates(), ", ")))
}

func templates() []string {
	return []string{nameGoogle, nameMicrosoft, nameApple, nameGitLab, nameLinkedIn, nameSlack}
}

// preset is a default.
func preset(at *string, value string) {
	if *at == "" {
		*at = value
	}
}

// ownTrust refuses trust_email where a template has a rule of its own.
func ownTrust(c *Config) error {
	if c.TrustEmail {
		return errs.New(errs.Invalid, "trust_email is not for the template "+c.Template+": it knows itself which addresses count.")
	}
	return nil
}

// text is a claim that is a text; "" for others.
func (t *attempt) text(claim string) string {
	s, _ := t.claims[claim].(string)
	return s
}

// listed says no to a claim that is not among those that an operator allows; none allowed means all.
func (t *attempt) listed(claim string, allowed []string) (received string) {
	switch value := t.text(claim); {
	case len(allowed) == 0:
		return ""
	case value == "":
		return "none"
	case !slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, value) }):
		return "another"
	}
	return ""
}
