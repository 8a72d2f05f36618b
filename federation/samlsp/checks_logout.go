package samlsp

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// message is a sign-out message on its way through the tables.
type message struct {
	c      *Connector
	now    time.Time
	in     federation.BrowserMessage
	param  string // the one that it must come in
	idp    *idp
	sent   Sent
	nameID *nameID

	query      *samlxml.Query // of the redirect binding
	raw        []byte
	relayState string
	root       *etree.Element // as signed
}

func (c *Connector) message(ctx context.Context, in federation.BrowserMessage, param string) (*message, error) {
	known, err := c.trust.known(ctx)
	return &message{c: c, now: c.deps.Now(), in: in, param: param, idp: known}, err
}

// messageField takes the message out of its binding: deflated in a query, or plain in a form.
func messageField(_ context.Context, m *message) (expected, received string, err error) {
	expected = "one message of bounded size"
	switch m.in.Method {
	case "GET":
		var ok bool
		if m.query, ok = samlxml.ParseQuery(m.in.Query); !ok || m.query.Param != m.param || len(m.query.Message) > samlxml.MostMessage*3/2 {
			return expected, "none, more, or a larger one", nil
		}
		m.relayState = m.query.RelayState
		packed, err := base64.StdEncoding.DecodeString(samlxml.Compact(m.query.Message))
		if err == nil {
			m.raw, err = samlxml.Inflate(packed)
		}
		if err != nil {
			received = "something else" //nolint:nilerr // what was sent is wrong, nothing failed
		}
	case "POST":
		values, states := m.in.Form[m.param], m.in.Form["RelayState"]
		if len(values) != 1 || len(values[0]) > samlxml.MostMessage*3/2 || len(states) > 1 {
			return expected, "none, more, or a larger one", nil
		}
		if len(states) == 1 {
			m.relayState = states[0]
		}
		if m.raw, err = base64.StdEncoding.DecodeString(samlxml.Compact(values[0])); err != nil {
			received = "something else"
		}
		err = nil
	default:
		received = "another method"
	}
	return expected, received, err
}

// signedMessage wants a signature of the identity provider: over the query, or in the message (SA21).
func signedMessage(ctx context.Context, m *message) (expected, received string, err error) {
	expected = "a signed message"
	if m.root, err = parse(ctx, samlxml.MessageOf(m.raw)); err != nil {
		return expected, "", err
	}
	if m.query != nil {
		if !m.query.Verified(samlxml.Counting(m.idp.keys, m.now)) {
			received = "an unsigned one"
		}
		return expected, received, nil
	}
	if samlxml.Child(m.root, samlxml.NSSignature, "Signature") == nil {
		return expected, "an unsigned one", nil
	}
	m.root, err = verify(ctx, m.root, m.idp.keys, m.now)
	return expected, "", err
}

func isLogoutRequest(_ context.Context, m *message) (expected, received string, err error) {
	if !samlxml.Is(m.root, samlxml.NSProtocol, "LogoutRequest") {
		received = "another"
	}
	return "a logout request", received, nil
}

func isLogoutResponse(_ context.Context, m *message) (expected, received string, err error) {
	if !samlxml.Is(m.root, samlxml.NSProtocol, "LogoutResponse") {
		received = "another"
	}
	return "a logout response", received, nil
}

func messageVersion(_ context.Context, m *message) (expected, received string, err error) {
	return versionOf(m.root)
}

func messageIssuer(_ context.Context, m *message) (expected, received string, err error) {
	if samlxml.Text(samlxml.Child(m.root, samlxml.NSAssertion, "Issuer")) != m.c.config.IDPEntityID {
		received = "another, or none"
	}
	return "the connector's identity provider", received, nil
}

func messageDestination(_ context.Context, m *message) (expected, received string, err error) {
	if samlxml.Attribute(m.root, "Destination") != m.c.config.SLOURL {
		received = "another, or none"
	}
	return "our address", received, nil
}

// messageIssued wants a request of late: without an end of its own it counts for as long as ours do.
func messageIssued(_ context.Context, m *message) (expected, received string, err error) {
	if expected, received, err = madeBy(m.root, m.now.Add(m.c.config.skew())); received != "" {
		return expected, received, err
	}
	if at, _ := samlxml.Instant(samlxml.Attribute(m.root, "IssueInstant")); !m.now.Before(at.Add(requestLives + m.c.config.skew())) {
		received = "an old one"
	}
	return "a request of late", received, nil
}

// messageUntil wants an end that has not come, where there is one.
func messageUntil(_ context.Context, m *message) (expected, received string, err error) {
	value, given := samlxml.AttributeOf(m.root, "NotOnOrAfter")
	if at, ok := samlxml.Instant(value); given && (!ok || !m.now.Before(at.Add(m.c.config.skew()))) {
		received = "one that is over"
	}
	return "an end that has not come", received, nil
}

// messageNameID wants to know whose sessions are meant.
func messageNameID(_ context.Context, m *message) (expected, received string, err error) {
	if id := samlxml.Child(m.root, samlxml.NSAssertion, "NameID"); id != nil {
		m.nameID = readNameID(id, m.c.config)
	}
	if m.nameID == nil {
		received = "none, or two"
	}
	return "a name identifier of one line", received, nil
}

// messageUnspent spends the request for as long as it could be shown again.
func messageUnspent(ctx context.Context, m *message) (expected, received string, err error) {
	id := samlxml.Attribute(m.root, "ID")
	at, _ := samlxml.Instant(samlxml.Attribute(m.root, "IssueInstant"))
	first, err := m.c.spend(ctx, "logout", id, at.Add(requestLives+2*m.c.config.skew()))
	if err == nil && (!first || id == "") {
		received = "one that was used"
	}
	return "a request that was not used", received, err
}

// answersOurs wants the answer to what we sent, in the same browser.
func answersOurs(_ context.Context, m *message) (expected, received string, err error) {
	if m.sent.ID == "" || samlxml.Attribute(m.root, "InResponseTo") != m.sent.ID || m.relayState != m.sent.RelayState {
		received = "another, or none"
	}
	return "an answer to our request", received, nil
}

// signedOut wants success; a partial one is none.
func signedOut(_ context.Context, m *message) (expected, received string, err error) {
	status := samlxml.Child(samlxml.Child(m.root, samlxml.NSProtocol, "Status"), samlxml.NSProtocol, "StatusCode")
	if samlxml.Attribute(status, "Value") != samlxml.Success || samlxml.Child(status, samlxml.NSProtocol, "StatusCode") != nil {
		received = "another"
	}
	return "success", received, nil
}
