package samlidp

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// assertionLives is how long an assertion may take to arrive.
const assertionLives = 5 * time.Minute

// Second-level status codes (core §3.2.2.2), and what they stand below.
const (
	statusPrefix     = "urn:oasis:names:tc:SAML:2.0:status:"
	statusRequester  = statusPrefix + "RequestUnsupported"
	statusNamePolicy = statusPrefix + "InvalidNameIDPolicy"
	statusNoContext  = statusPrefix + "NoAuthnContext"
	statusNoPassive  = statusPrefix + "NoPassive"
	statusDenied     = statusPrefix + "RequestDenied"
	statusFailed     = statusPrefix + "AuthnFailed"
	statusPartial    = statusPrefix + "PartialLogout"
	statusUnknown    = statusPrefix + "UnknownPrincipal"
)

// answer is a response on its way.
type answer struct {
	app                 *App
	acs, request, relay string
	status              string         // second-level code; "": success
	assertion           *etree.Element // unsigned; nil without success
}

// claims are what is known of a person and may leave: an address that is not verified says nothing about them.
func (e *Endpoint) claims(p *storage.Person) (map[string]any, error) {
	all, err := e.d.People.ClaimsOf(p)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, value := range all {
		out[name] = value
	}
	if verified, _ := out["email_verified"].(bool); !verified {
		delete(out, "email")
	}
	return out, nil
}

// issue makes an assertion and answers with it. That it was made is written down first, in a session that has not ended.
func (e *Endpoint) issue(c *gin.Context, v *visit) error {
	ctx := c.Request.Context()
	claims, err := e.claims(v.who.Person)
	if err != nil {
		return err
	}
	claims["sub"] = e.d.Subjects.Of(v.client, v.who.Person)
	name := e.name(v.app, v.who.Session, v.who.Person, claims)
	kept, err := e.keep(c, v, name)
	if errs.Is(err, errs.Forbidden) { // signed out since the dispatcher looked
		return v.refuse(c, &samlxml.Refusal{Check: "saml_idp_interaction.live", Expected: "a session", Received: "an ended one", Reason: "login"})
	}
	if err != nil {
		return err
	}
	attributes, err := e.attributes(ctx, v, claims)
	if err != nil {
		return err
	}
	out := v.answer("")
	out.assertion = e.assertion(v, name, kept, attributes).Element()
	e.d.Meter.AuthRequest("saml", "success")
	return e.respond(c, out)
}

// keep writes down that the application was told.
func (e *Endpoint) keep(c *gin.Context, v *visit, n nameID) (*storage.SAMLSession, error) {
	now, s := e.d.Now(), v.who.Session
	row := &storage.SAMLSession{
		Tenant: e.d.Tenant, ID: storage.NewID(now), Session: s.ID, Person: v.who.Person.ID, App: v.app.Row.ID, Subject: e.subject(v.app, n), CreatedAt: now, ExpiresAt: v.until(now),
	}
	row.NameID = e.d.Ring.Seal(nameAt(row), n.text())
	return e.d.Store.KeepSAMLSession(c.Request.Context(), row, v.event(c, audit.SAMLAssert, audit.Success, ""))
}

// until is when the application's session ends at the latest.
func (v *visit) until(now time.Time) time.Time {
	ends := v.who.Session.ExpiresAt
	if life := v.app.Settings.SessionSeconds; life > 0 {
		if at := now.Add(time.Duration(life) * time.Second); at.Before(ends) {
			return at
		}
	}
	return ends
}

func (e *Endpoint) attributes(ctx context.Context, v *visit, claims map[string]any) ([]saml.Attribute, error) {
	var groups []string
	if v.app.Settings.Groups != nil || len(v.app.Settings.Attributes) > 0 {
		var err error
		if groups, err = e.d.Members.NamesOf(ctx, v.who.Person.ID); err != nil {
			return nil, err
		}
	}
	return v.app.releaser.apply(known{claims: claims, groups: groups, acr: v.who.Session.ACR, amr: v.who.Session.AMR}), nil
}

// newID is an ID that nobody guesses; XML wants it to begin with no digit.
func newID() string { return "_" + rand.Text() }

// assertion is what the application is told (profiles §4.1.4.2). The XML library escapes what people wrote (SA22).
func (e *Endpoint) assertion(v *visit, n nameID, kept *storage.SAMLSession, attributes []saml.Attribute) *saml.Assertion {
	now := e.d.Now().UTC()
	until, session := now.Add(assertionLives), v.until(now).UTC()
	out := &saml.Assertion{
		ID: newID(), IssueInstant: now, Version: "2.0", Issuer: saml.Issuer{Value: e.entityID()},
		Subject: &saml.Subject{NameID: e.element(v.app, n), SubjectConfirmations: []saml.SubjectConfirmation{{
			Method:                  samlxml.Bearer,
			SubjectConfirmationData: &saml.SubjectConfirmationData{NotOnOrAfter: until, Recipient: v.acs, InResponseTo: v.flow.Params.Get(keptID)},
		}}},
		Conditions: &saml.Conditions{
			NotBefore: now.Add(-time.Minute), NotOnOrAfter: until, AudienceRestrictions: []saml.AudienceRestriction{{Audience: saml.Audience{Value: v.app.Row.EntityID}}},
		},
		AuthnStatements: []saml.AuthnStatement{{
			AuthnInstant: v.who.Session.AuthTime.UTC(), SessionIndex: indexOf(kept), SessionNotOnOrAfter: &session,
			AuthnContext: saml.AuthnContext{AuthnContextClassRef: &saml.AuthnContextClassRef{Value: stated(v.contexts, v.who.Session.ACR, v.who.Session.AMR)}},
		}},
	}
	if len(attributes) > 0 {
		out.AttributeStatements = []saml.AttributeStatement{{Attributes: attributes}}
	}
	return out
}

// indexOf is what an application calls its session.
func indexOf(s *storage.SAMLSession) string { return "_" + s.ID.String() }

// respond has the browser post a response: by a script, or by its button.
func (e *Endpoint) respond(c *gin.Context, a answer) error {
	root, err := e.response(c.Request.Context(), a)
	if err != nil {
		return err
	}
	raw, err := etree.NewDocumentWithRoot(root).WriteToBytes()
	if err != nil {
		return err
	}
	fields := [][2]string{{"SAMLResponse", base64.StdEncoding.EncodeToString(raw)}}
	if a.relay != "" {
		fields = append(fields, [2]string{"RelayState", a.relay})
	}
	return e.d.Pages.Show(c, http.StatusOK, web.RelayPage{Lang: e.d.Pages.Language(c), Action: a.acs, Fields: fields, Then: "https:"})
}

// response makes the message (core §3.3.3), signed as the application wants it; one without an assertion is always signed itself.
func (e *Endpoint) response(ctx context.Context, a answer) (*etree.Element, error) {
	pair, err := e.d.Keys.Current(ctx)
	if err != nil {
		return nil, err
	}
	r := &saml.Response{
		ID: newID(), InResponseTo: a.request, Version: "2.0", IssueInstant: e.d.Now().UTC(), Destination: a.acs, Issuer: &saml.Issuer{Value: e.entityID()}, Status: status(a.status),
	}
	root := r.Element()
	if a.assertion == nil {
		return root, samlxml.Sign(root, *pair)
	}
	if a.app.Settings.Sign != SignResponse {
		if err := samlxml.Sign(a.assertion, *pair); err != nil {
			return nil, err
		}
	}
	inside := a.assertion
	if a.app.encrypts != nil {
		if inside, err = encrypt(a.assertion, a.app.encrypts, a.app.Settings.Cipher); err != nil {
			return nil, err
		}
	}
	root.AddChild(inside)
	if a.app.Settings.Sign == SignAssertion {
		return root, nil
	}
	return root, samlxml.Sign(root, *pair)
}

func status(second string) saml.Status {
	if second == "" {
		return saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}}
	}
	first := statusPrefix + "Responder"
	if second == statusRequester || second == statusNamePolicy {
		first = statusPrefix + "Requester"
	}
	return saml.Status{StatusCode: saml.StatusCode{Value: first, StatusCode: &saml.StatusCode{Value: second}}}
}
