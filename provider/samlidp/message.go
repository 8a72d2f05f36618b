package samlidp

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/beevik/etree"
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

const (
	skew           = 3 * time.Minute  // between clocks
	requestLives   = 10 * time.Minute // an application's request, from when it says that it was made
	mostRelayState = 1024
	mostRequestID  = 256
)

// brought is a message as a browser brought it.
type brought struct {
	method string
	query  string     // of a GET, as it was sent
	form   url.Values // of a POST
}

// bring reads the request. Parameters that come twice, or are no text, are refused here.
func bring(c *gin.Context) (b brought, params url.Values, err error) {
	b = brought{method: c.Request.Method, query: c.Request.URL.RawQuery}
	if b.method != http.MethodPost {
		params, err = httpx.Query(c)
		return b, params, err
	}
	b.form, err = httpx.Form(c)
	return b, b.form, err
}

// message is a message of an application on its way through the tables.
type message struct {
	e     *Endpoint
	now   time.Time
	in    brought
	param string // SAMLRequest or SAMLResponse
	tag   string // what it must be

	query      *samlxml.Query // of the redirect binding
	raw        []byte
	relayState string
	root       *etree.Element // as signed, if it is
	app        *App
	signed     bool

	id, acs, format string   // of an AuthnRequest
	contexts        []string // classes that it asks for and that there are here, in its order
	force, passive  bool
	status          string // what the application is told of a refusal; "": nothing, it stays here

	name     nameID // of a LogoutRequest
	sessions []string
}

func (e *Endpoint) message(in brought, param, tag string) *message {
	return &message{e: e, now: e.d.Now(), in: in, param: param, tag: tag}
}

// rowsArrived judge what every message of an application has in common.
func rowsArrived() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_idp_message.field", Reason: "malformed", Check: messageField},
		{Name: "saml_idp_message.relay_state", Reason: "state", Check: messageRelayState},
		{Name: "saml_idp_message.document", Reason: "malformed", Check: messageDocument},
		{Name: "saml_idp_message.root", Reason: "malformed", Check: messageRoot},
		{Name: "saml_idp_message.version", Reason: "malformed", Check: messageVersion},
		{Name: "saml_idp_message.issuer", Reason: "issuer", Check: messageIssuer},
		{Name: "saml_idp_message.enabled", Reason: "disabled", Check: messageEnabled},
		{Name: "saml_idp_message.signature", Reason: "signature", Check: messageSignature},
		{Name: "saml_idp_message.id", Reason: "malformed", Check: messageID},
		{Name: "saml_idp_message.destination", Reason: "recipient", Check: messageDestination},
		{Name: "saml_idp_message.issued", Reason: "time", Check: messageIssued},
	}
}

// messageField takes the message out of its binding: deflated in a query, or plain in a form (SA20).
func messageField(_ context.Context, m *message) (expected, received string, err error) {
	expected = "one message of bounded size"
	if m.in.method == http.MethodPost {
		value := m.in.form.Get(m.param)
		if value == "" || len(value) > samlxml.MostMessage*3/2 {
			return expected, "none, or a larger one", nil
		}
		m.relayState = m.in.form.Get("RelayState")
		if m.raw, err = base64.StdEncoding.DecodeString(samlxml.Compact(value)); err != nil {
			received = "something else"
		}
		return expected, received, nil
	}
	var ok bool
	if m.query, ok = samlxml.ParseQuery(m.in.query); !ok || m.query.Param != m.param || len(m.query.Message) > samlxml.MostMessage*3/2 {
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
	return expected, received, nil
}

// messageRelayState wants one that can be given back. It is never an address of ours (SA19).
func messageRelayState(_ context.Context, m *message) (expected, received string, err error) {
	if len(m.relayState) > mostRelayState {
		received = "a longer one"
	}
	return "a RelayState of at most 1,024 bytes", received, nil
}

// messageDocument parses it, once, by the rows of internal/samlxml, one of which may refuse instead.
func messageDocument(ctx context.Context, m *message) (expected, received string, err error) {
	m.root, err = samlxml.Parse(ctx, samlxml.MessageOf(m.raw))
	return "a sound document", "", err
}

func messageRoot(_ context.Context, m *message) (expected, received string, err error) {
	if !samlxml.Is(m.root, samlxml.NSProtocol, m.tag) {
		received = "another"
	}
	return "a message of that kind", received, nil
}

func messageVersion(_ context.Context, m *message) (expected, received string, err error) {
	if samlxml.Attribute(m.root, "Version") != "2.0" {
		received = "another"
	}
	return "version 2.0", received, nil
}

func (m *message) issuer() string {
	return samlxml.Text(samlxml.Child(m.root, samlxml.NSAssertion, "Issuer"))
}

// messageIssuer finds the application; what follows holds the message against this one's row alone (SA22).
func messageIssuer(ctx context.Context, m *message) (expected, received string, err error) {
	id := m.issuer()
	if id == "" {
		return "an application that is registered", "none", nil
	}
	m.app, err = m.e.d.Apps.ByEntityID(ctx, id)
	return "an application that is registered", "", err
}

func messageEnabled(_ context.Context, m *message) (expected, received string, err error) {
	if m.app.Row.Disabled {
		received = "one that is switched off"
	}
	return "an application that is switched on", received, nil
}

// messageSignature verifies whatever signature there is, of the query or in the message, with the application's registered keys; without one it wants an
// application that need not sign (SA21, SA22).
func messageSignature(ctx context.Context, m *message) (expected, received string, err error) {
	expected = "a signature of the application"
	inside := len(samlxml.Children(m.root, samlxml.NSSignature, "Signature")) > 0
	switch {
	case m.query != nil && (m.query.Signature != "" || m.query.Algorithm != ""):
		if inside || !m.query.Verified(samlxml.Counting(m.app.keys, m.now)) {
			return expected, "another", nil
		}
		m.signed = true
	case inside:
		if m.root, err = samlxml.Verify(ctx, m.root, m.app.keys, m.now); err != nil {
			return expected, "", err
		}
		m.signed = m.issuer() == m.app.Row.EntityID
	}
	if !m.signed && (inside || m.app.Settings.RequireSigned || m.tag != "AuthnRequest") {
		received = "none"
	}
	return expected, received, nil
}

var idShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// messageID wants one that can be named in the answer.
func messageID(_ context.Context, m *message) (expected, received string, err error) {
	if m.id = samlxml.Attribute(m.root, "ID"); len(m.id) > mostRequestID || !idShape.MatchString(m.id) {
		received = "another, or none"
	}
	return "an ID of at most 256 characters", received, nil
}

// messageDestination wants our address, and wants it said where the message is signed (bindings §3.4.5.2, §3.5.5.2).
func messageDestination(_ context.Context, m *message) (expected, received string, err error) {
	at, given := samlxml.AttributeOf(m.root, "Destination")
	ours := m.e.d.Issuer + ssoPath
	if m.tag != "AuthnRequest" {
		ours = m.e.d.Issuer + sloPath
	}
	if given && at != ours || !given && m.signed {
		received = "another, or none"
	}
	return "our address", received, nil
}

// messageIssued wants a message of late, and none of the future.
func messageIssued(_ context.Context, m *message) (expected, received string, err error) {
	at, ok := samlxml.Instant(samlxml.Attribute(m.root, "IssueInstant"))
	if !ok || at.After(m.now.Add(skew)) || m.now.After(at.Add(requestLives)) {
		received = "an old one, or one of the future"
	}
	return "a message of late", received, nil
}

// truth reads an xs:boolean.
func truth(s string) (yes, ok bool) {
	switch s {
	case "", "false", "0":
		return false, true
	case "true", "1":
		return true, true
	}
	return false, false
}
