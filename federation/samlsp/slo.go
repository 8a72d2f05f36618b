package samlsp

import (
	"context"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// requestLives is how long a sign-out that we ask for may take.
const requestLives = 5 * time.Minute

// LogoutRequest is what the identity provider asks for, verified: end these sessions of this person.
type LogoutRequest struct {
	ID         string
	Subject    string   // federation.Identity.Subject
	Key        string   // federation.Identity.Key; empty where an attribute is the key, which a sign-out does not name
	Sessions   []string // federation.Identity.Session; none: all of the person's
	RelayState string   // to be given back
}

// Sent is our LogoutRequest on its way: what the answer is held against.
type Sent struct {
	ID, RelayState string
}

// ReadLogoutRequest judges a LogoutRequest. A *federation.Refusal says that it does not count.
func (c *Connector) ReadLogoutRequest(ctx context.Context, in federation.BrowserMessage) (*LogoutRequest, error) {
	m, err := c.message(ctx, in, "SAMLRequest")
	if err != nil {
		return nil, err
	}
	table := rows()
	if err := judge(ctx, m, table.logout, table.logoutRequest, table.last); err != nil {
		return nil, err
	}
	out := &LogoutRequest{ID: samlxml.Attribute(m.root, "ID"), Subject: m.nameID.text, RelayState: m.relayState}
	if c.config.KeyAttribute == "" {
		out.Key = boundedKey(m.nameID.text)
	}
	for _, s := range samlxml.Children(m.root, samlxml.NSProtocol, "SessionIndex") {
		out.Sessions = append(out.Sessions, samlxml.Text(s))
	}
	return out, nil
}

// AnswerLogout sends the browser back. done says whether everything was ended.
func (c *Connector) AnswerLogout(ctx context.Context, r *LogoutRequest, done bool) (*federation.Departure, error) {
	return c.send(ctx, "SAMLResponse", r.RelayState, func(known *idp) (map[string]string, func(string) *etree.Element) {
		return known.sloResponse, func(location string) *etree.Element {
			status := saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}}
			if !done {
				status.StatusCode = saml.StatusCode{Value: "urn:oasis:names:tc:SAML:2.0:status:Responder"}
			}
			response := &saml.LogoutResponse{
				ID: newID(), InResponseTo: r.ID, Version: "2.0", IssueInstant: c.deps.Now(), Destination: location,
				Issuer: &saml.Issuer{Value: c.config.EntityID}, Status: status,
			}
			return response.Element()
		}
	})
}

// BeginLogout asks the identity provider to end a session. errs.NotFound where it has no sign-out for browsers.
func (c *Connector) BeginLogout(ctx context.Context, subject, session, relayState string) (*federation.Departure, error) {
	name, err := parseSubject(subject, c.config.IDPEntityID)
	if err != nil {
		return nil, err
	}
	id, now := newID(), c.deps.Now()
	until := now.Add(requestLives)
	out, err := c.send(ctx, "SAMLRequest", relayState, func(known *idp) (map[string]string, func(string) *etree.Element) {
		return known.slo, func(location string) *etree.Element {
			request := &saml.LogoutRequest{
				ID: id, Version: "2.0", IssueInstant: now, NotOnOrAfter: &until, Destination: location, Issuer: &saml.Issuer{Value: c.config.EntityID}, NameID: name,
			}
			if session != "" {
				request.SessionIndex = &saml.SessionIndex{Value: session}
			}
			return request.Element()
		}
	})
	if err == nil {
		out.Kept = []byte(id)
	}
	return out, err
}

// ReadLogoutResponse judges the answer to a request of ours.
func (c *Connector) ReadLogoutResponse(ctx context.Context, in federation.BrowserMessage, sent Sent) error {
	m, err := c.message(ctx, in, "SAMLResponse")
	if err != nil {
		return err
	}
	m.sent = sent
	table := rows()
	return judge(ctx, m, table.logout, table.logoutResponse)
}

// send signs a message and gives it to the browser: sign-outs are never unsigned.
func (c *Connector) send(ctx context.Context, param, relayState string, of func(*idp) (map[string]string, func(string) *etree.Element)) (*federation.Departure, error) {
	known, err := c.trust.known(ctx)
	if err != nil {
		return nil, err
	}
	locations, element := of(known)
	binding, location := pick(locations, "")
	if location == "" {
		return nil, errs.New(errs.NotFound, "The identity provider has no sign-out.")
	}
	pairs, err := c.deps.Keys.Pairs(ctx)
	if err != nil {
		return nil, err
	}
	out := samlxml.Outgoing{Binding: binding, Location: location, Param: param, Root: element(location), RelayState: relayState, Pair: &pairs.Current}
	return departure(out)
}
