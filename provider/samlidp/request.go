package samlidp

import (
	"context"
	"strconv"

	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// mostContexts is how many classes a request may list.
const mostContexts = 20

// rowsRequest judge an AuthnRequest (core §3.4.1). Until it is settled where the answer goes, a refusal is a page here; the rows after that answer the
// application.
func rowsRequest() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_idp_request.subject", Reason: "unsupported", Check: anySubject},
		{Name: "saml_idp_request.binding", Reason: "binding", Check: postBinding},
		{Name: "saml_idp_request.consumer", Reason: "recipient", Check: registeredConsumer},
		{Name: "saml_idp_request.flags", Reason: "malformed", Check: soundFlags},
		{Name: "saml_idp_request.name_id", Reason: "unsupported", Check: reachableName},
		{Name: "saml_idp_request.context", Reason: "context", Check: reachableContext},
	}
}

// anySubject refuses a request about somebody in particular: the answer must be about nobody else, which names cannot be held against before a sign-in.
func anySubject(_ context.Context, m *message) (expected, received string, err error) {
	if len(samlxml.Children(m.root, samlxml.NSAssertion, "Subject")) > 0 {
		received = "one about somebody"
	}
	return "a request about whoever signs in", received, nil
}

// postBinding wants the answer by POST, the one binding that there is here.
func postBinding(_ context.Context, m *message) (expected, received string, err error) {
	if b := samlxml.Attribute(m.root, "ProtocolBinding"); b != "" && b != saml.HTTPPostBinding {
		received = "another"
	}
	return "the POST binding", received, nil
}

// registeredConsumer settles where the answer goes: to an address that is registered, named by itself or by its index, or to the default one (SA22). It is
// compared byte by byte.
func registeredConsumer(_ context.Context, m *message) (expected, received string, err error) {
	expected = "a registered AssertionConsumerService"
	at, byURL := samlxml.AttributeOf(m.root, "AssertionConsumerServiceURL")
	index, byIndex := samlxml.AttributeOf(m.root, "AssertionConsumerServiceIndex")
	switch {
	case byURL && byIndex:
		return expected, "both its address and its index", nil
	case byURL && m.app.registered(at):
		m.acs = at
	case byIndex:
		n, bad := strconv.Atoi(index)
		var ok bool
		if m.acs, ok = m.app.byIndex(n); bad != nil || !ok {
			m.acs = ""
		}
	case !byURL:
		m.acs = m.app.consumer()
	}
	if m.acs == "" {
		received = "another"
	}
	return expected, received, nil
}

// soundFlags reads ForceAuthn and IsPassive.
func soundFlags(_ context.Context, m *message) (expected, received string, err error) {
	var ok, also bool
	m.force, ok = truth(samlxml.Attribute(m.root, "ForceAuthn"))
	if m.passive, also = truth(samlxml.Attribute(m.root, "IsPassive")); !ok || !also {
		m.status, received = statusRequester, "something else"
	}
	return "yes or no", received, nil
}

// reachableName wants the form of name that the application is registered for, or none in particular.
func reachableName(_ context.Context, m *message) (expected, received string, err error) {
	policy := samlxml.Children(m.root, samlxml.NSProtocol, "NameIDPolicy")
	if len(policy) == 0 {
		return "the registered form of name", "", nil
	}
	format := samlxml.Attribute(policy[0], "Format")
	qualifier := samlxml.Attribute(policy[0], "SPNameQualifier")
	known := format == "" || format == string(saml.UnspecifiedNameIDFormat) || format == nameIDFormat(m.app.Settings.NameIDFormat)
	if len(policy) > 1 || !known || qualifier != "" && qualifier != m.app.Row.EntityID {
		m.status, received = statusNamePolicy, "another"
	}
	return "the registered form of name", received, nil
}

// reachableContext notes which classes of sign-in are asked for, and refuses when there are none of them here. One that is stronger than what is asked for
// counts as well (core §3.3.2.2.1, "minimum"; for "exact" the asked one is stated, which it meets).
func reachableContext(_ context.Context, m *message) (expected, received string, err error) {
	expected = "a class of sign-in that there is here"
	asked := samlxml.Children(m.root, samlxml.NSProtocol, "RequestedAuthnContext")
	if len(asked) == 0 {
		return expected, "", nil
	}
	comparison := samlxml.Attribute(asked[0], "Comparison")
	refs := samlxml.Children(asked[0], samlxml.NSAssertion, "AuthnContextClassRef")
	if len(refs) <= mostContexts && len(asked) == 1 && (comparison == "" || comparison == "exact" || comparison == "minimum") {
		for _, ref := range refs {
			if class := samlxml.Text(ref); m.e.reachable(class) {
				m.contexts = append(m.contexts, class)
			}
		}
	}
	if len(m.contexts) == 0 {
		m.status, received = statusNoContext, "others"
	}
	return expected, received, nil
}
