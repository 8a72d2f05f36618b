package samlsp

import (
	"context"
	"crypto/rand"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Begin sends the browser to the identity provider with an AuthnRequest.
func (c *Connector) Begin(ctx context.Context, w federation.Wish) (*federation.Departure, error) {
	known, err := c.trust.known(ctx)
	if err != nil {
		return nil, err
	}
	binding, location := pick(known.sso, c.config.SSOBinding)
	if location == "" {
		return nil, errs.New(errs.Unavailable, "The identity provider has no address for that binding.")
	}
	request := c.authnRequest(w, location)
	out := samlxml.Outgoing{Binding: binding, Location: location, Param: "SAMLRequest", Root: request.Element(), RelayState: w.State}
	if c.config.SignRequests || known.wantSigned {
		pairs, err := c.deps.Keys.Pairs(ctx)
		if err != nil {
			return nil, err
		}
		out.Pair = &pairs.Current
	}
	departure, err := departure(out)
	if err != nil {
		return nil, err
	}
	departure.Kept = []byte(request.ID)
	return departure, nil
}

// pick chooses a binding and its address: the one that is configured, or redirect, or post.
func pick(locations map[string]string, configured string) (binding, location string) {
	order := []string{saml.HTTPRedirectBinding, saml.HTTPPostBinding}
	switch configured {
	case "redirect":
		order = order[:1]
	case "post":
		order = order[1:]
	}
	for _, b := range order {
		if at := locations[b]; at != "" {
			return b, at
		}
	}
	return "", ""
}

// newID is an ID that nobody guesses; XML wants it to begin with no digit.
func newID() string { return "_" + rand.Text() }

// authnRequest is what the wish is in SAML.
func (c *Connector) authnRequest(w federation.Wish, location string) *saml.AuthnRequest {
	create := true
	out := &saml.AuthnRequest{
		ID: newID(), Version: "2.0", IssueInstant: c.deps.Now(), Destination: location, Issuer: &saml.Issuer{Value: c.config.EntityID},
		AssertionConsumerServiceURL: c.config.ACSURL, ProtocolBinding: saml.HTTPPostBinding,
		NameIDPolicy: &saml.NameIDPolicy{Format: &c.config.NameIDFormat, AllowCreate: &create},
	}
	if c.config.Artifacts {
		out.ProtocolBinding = saml.HTTPArtifactBinding
	}
	// Without a screen nobody can prove themselves anew: then only the time of the sign-in is checked.
	if again := w.Fresh || w.MaxAge > 0; again && !w.Silent {
		out.ForceAuthn = &again
	}
	if w.Silent {
		out.IsPassive = &w.Silent
	}
	if classes := c.classes(w); len(classes) > 0 {
		out.RequestedAuthnContext = &saml.RequestedAuthnContext{Comparison: "exact", AuthnContextClassRefs: classes}
	}
	return out
}

// classes are the wanted ones by the identity provider's names. Those that it has no name for are not asked for.
func (c *Connector) classes(w federation.Wish) []string {
	var out []string
	for _, acr := range w.ACR {
		if class, ok := c.config.AuthnContexts[acr]; ok {
			out = append(out, class)
		}
	}
	return out
}
