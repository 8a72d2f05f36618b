package samlsp

import (
	"context"
	"strings"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

func isResponse(_ context.Context, a *try) (expected, received string, err error) {
	if !samlxml.Is(a.response, samlxml.NSProtocol, "Response") {
		received = "another"
	}
	return "a SAML response", received, nil
}

// placedSignatures wants signatures only where they belong: one in the response, one in an assertion of it (SA01, SA02, SA03, SA13).
func placedSignatures(_ context.Context, a *try) (expected, received string, err error) {
	places := map[*etree.Element]int{}
	for el := range samlxml.All(a.response) {
		if el.Tag != "Signature" || el.NamespaceURI() != samlxml.NSSignature {
			continue
		}
		at := el.Parent()
		places[at]++
		if places[at] > 1 || at != a.response && (!samlxml.Is(at, samlxml.NSAssertion, "Assertion") || at.Parent() != a.response) {
			received = "one elsewhere, or another"
		}
	}
	return "at most one signature in response and assertion each", received, nil
}

// notWrapped wants at most one assertion in the response as it came, in its place: also where nobody would look for another, such as in a signature
// (SA01, SA02, SA03, SA05).
func notWrapped(_ context.Context, a *try) (expected, received string, err error) {
	count, misplaced := a.findAssertions()
	if count > 1 || misplaced {
		received = "more, or one elsewhere"
	}
	return "at most one assertion, and none elsewhere", received, nil
}

// findAssertions finds the assertion, plain or encrypted, counts them, and says whether one is not where it belongs.
func (a *try) findAssertions() (count int, misplaced bool) {
	for el := range samlxml.All(a.response) {
		switch {
		case samlxml.Is(el, samlxml.NSAssertion, "Assertion"):
			a.assertion = el
		case samlxml.Is(el, samlxml.NSAssertion, "EncryptedAssertion"):
			a.encrypted = el
		default:
			continue
		}
		count++
		misplaced = misplaced || el.Parent() != a.response
	}
	return count, misplaced
}

// responseSignature verifies the response's own signature. From there on the response is what was signed.
func responseSignature(ctx context.Context, a *try) (expected, received string, err error) {
	if samlxml.Child(a.response, samlxml.NSSignature, "Signature") == nil {
		return "a valid signature, or none here", "", nil
	}
	a.response, err = verify(ctx, a.response, a.idp.keys, a.now)
	a.responseValid = err == nil
	return "a valid signature, or none here", "", err
}

func responseVersion(_ context.Context, a *try) (expected, received string, err error) {
	return versionOf(a.response)
}

func versionOf(el *etree.Element) (expected, received string, err error) {
	if samlxml.Attribute(el, "Version") != "2.0" {
		received = "another"
	}
	return "version 2.0", received, nil
}

// responseIssuer wants the connector's identity provider, and none only where SAML allows it: neither signed nor encrypted (profiles §4.1.4.2).
func responseIssuer(_ context.Context, a *try) (expected, received string, err error) {
	issuers := samlxml.Children(a.response, samlxml.NSAssertion, "Issuer")
	bare := !a.responseValid && len(samlxml.Children(a.response, samlxml.NSAssertion, "EncryptedAssertion")) == 0
	switch {
	case len(issuers) == 0 && bare:
	case len(issuers) != 1 || samlxml.Text(issuers[0]) != a.c.config.IDPEntityID:
		received = "another, or none"
	}
	return "the connector's identity provider", received, nil
}

// destination wants our address. A signed response must have it (bindings §3.5.5.2).
func destination(_ context.Context, a *try) (expected, received string, err error) {
	got := samlxml.Attribute(a.response, "Destination")
	switch {
	case got == "" && a.responseValid:
		received = "none"
	case got != "" && got != a.c.config.ACSURL:
		received = "another"
	}
	return "our address", received, nil
}

// inResponseTo wants the request of this browser, or where it is switched on none at all (SA15).
func inResponseTo(_ context.Context, a *try) (expected, received string, err error) {
	got, given := samlxml.AttributeOf(a.response, "InResponseTo")
	switch {
	case a.request() == "" && !a.c.config.AllowIDPInitiated:
		return "an answer to a request", "an unasked one", nil
	case a.request() == "" && given:
		return "an unasked response", "an answer to a request", nil
	case a.request() != "" && got != a.request():
		received = "another, or none"
	}
	return "an answer to this browser's request", received, nil
}

// succeeded wants success (SA18). What else the identity provider says of the person is told them.
func succeeded(_ context.Context, a *try) (expected, received string, err error) {
	status := samlxml.Child(samlxml.Child(a.response, samlxml.NSProtocol, "Status"), samlxml.NSProtocol, "StatusCode")
	if samlxml.Attribute(status, "Value") == samlxml.Success {
		return "success", "", nil
	}
	second := samlxml.Attribute(samlxml.Child(status, samlxml.NSProtocol, "StatusCode"), "Value")
	reason, denied := statusReason(second[strings.LastIndexByte(second, ':')+1:])
	return "", "", &federation.Refusal{
		Check: "saml_response.status", Expected: "success", Received: reason, Reason: reason, Person: denied && a.request() != "",
	}
}

// statusReason is the word for a second-level status, and whether it is a no to the person.
func statusReason(second string) (reason string, denied bool) {
	switch second {
	case "AuthnFailed":
		return "authn_failed", true
	case "RequestDenied":
		return "denied", true
	case "UnknownPrincipal":
		return "unknown_person", true
	case "NoPassive":
		return "no_passive", true
	case "NoAuthnContext":
		return "no_context", true
	case "InvalidNameIDPolicy":
		return "name_id_policy", false
	}
	return "status", false
}

// oneAssertion wants one assertion, plain or encrypted, in what was signed.
func oneAssertion(_ context.Context, a *try) (expected, received string, err error) {
	a.assertion, a.encrypted = nil, nil
	if count, misplaced := a.findAssertions(); count != 1 || misplaced {
		received = "none, or more"
	}
	return "one assertion", received, nil
}

func wantedEncrypted(_ context.Context, a *try) (expected, received string, err error) {
	if a.c.config.WantAssertionsEncrypted && a.encrypted == nil {
		received = "a plain one"
	}
	return "an encrypted assertion", received, nil
}

// decryptable opens an encrypted assertion. Failures are counted: somebody may be asking how we react.
func decryptable(ctx context.Context, a *try) (expected, received string, err error) {
	if a.encrypted == nil {
		return "an assertion that can be read", "", nil
	}
	if a.assertion = decrypted(ctx, a.encrypted, a.pairs); a.assertion == nil {
		a.c.deps.Failures.DecryptionFailed(ctx)
		received = "another"
	}
	return "an assertion that can be read", received, nil
}

// placedInAssertion wants no signature, and no assertion, within what was encrypted but the assertion's own (SA03).
func placedInAssertion(_ context.Context, a *try) (expected, received string, err error) {
	signatures := 0
	for el := range samlxml.All(a.assertion) {
		switch {
		case samlxml.Is(el, samlxml.NSSignature, "Signature"):
			if signatures++; el.Parent() != a.assertion {
				received = "one elsewhere"
			}
		case el != a.assertion && (samlxml.Is(el, samlxml.NSAssertion, "Assertion") || samlxml.Is(el, samlxml.NSAssertion, "EncryptedAssertion")):
			received = "another assertion"
		}
	}
	if signatures > 1 {
		received = "more"
	}
	return "at most the assertion's own signature", received, nil
}

// assertionSignature verifies the assertion's own signature. From there on the assertion is what was signed.
func assertionSignature(ctx context.Context, a *try) (expected, received string, err error) {
	if samlxml.Child(a.assertion, samlxml.NSSignature, "Signature") == nil {
		a.signed = a.responseValid
		return "a valid signature, or none here", "", nil
	}
	a.assertion, err = verify(ctx, a.assertion, a.idp.keys, a.now)
	a.signed = err == nil
	return "a valid signature, or none here", "", err
}

// isSigned wants the response, the assertion, or both to be signed.
func isSigned(_ context.Context, a *try) (expected, received string, err error) {
	if !a.signed {
		received = "none"
	}
	return "a signed response or assertion", received, nil
}
