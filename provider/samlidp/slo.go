package samlidp

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"

	"github.com/crewjam/saml"
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// reasonLogout is why a session ended.
const reasonLogout = "saml_logout"

// mostLogout is how many sessions one request looks at.
const mostLogout = 100

// rowsLogout judge a LogoutRequest (core §3.7.1, profiles §4.4). It was signed, or rowsArrived refused it (SA21).
func rowsLogout() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_idp_logout.until", Reason: "time", Check: logoutUntil},
		{Name: "saml_idp_logout.name_id", Reason: "subject", Check: logoutName},
		{Name: "saml_idp_logout.sessions", Reason: "subject", Check: logoutSessions},
	}
}

// logoutUntil wants an end that has not come, where there is one.
func logoutUntil(_ context.Context, m *message) (expected, received string, err error) {
	value, given := samlxml.AttributeOf(m.root, "NotOnOrAfter")
	if at, ok := samlxml.Instant(value); given && (!ok || !m.now.Before(at.Add(skew))) {
		received = "one that is over"
	}
	return "an end that has not come", received, nil
}

// logoutName wants to know whose sessions are meant.
func logoutName(_ context.Context, m *message) (expected, received string, err error) {
	el := samlxml.Child(m.root, samlxml.NSAssertion, "NameID")
	ok := false
	if el != nil {
		m.name, ok = m.readName(el)
	}
	if !ok {
		received = "none, two, or one of somebody else's"
	}
	return "a name identifier of ours", received, nil
}

func logoutSessions(_ context.Context, m *message) (expected, received string, err error) {
	for _, s := range samlxml.Children(m.root, samlxml.NSProtocol, "SessionIndex") {
		m.sessions = append(m.sessions, samlxml.Text(s))
	}
	if len(m.sessions) > mostLogout {
		received = "more"
	}
	return "at most 100 sessions", received, nil
}

// leave takes everything about sign-outs: an application's request, its answer to ours, and our own beginning. No cookie is believed.
func (e *Endpoint) leave(c *gin.Context) error {
	in, params, err := bring(c)
	if err != nil {
		return err
	}
	switch {
	case params.Has("SAMLResponse"):
		return e.answered(c, in)
	case params.Has("leave") && in.method == http.MethodGet:
		return e.goOn(c, params.Get("leave"))
	}
	return e.asksLogout(c, in)
}

// asksLogout ends what an application asks to end, tells the others, and answers.
func (e *Endpoint) asksLogout(c *gin.Context, in brought) error {
	ctx := c.Request.Context()
	m := e.message(in, "SAMLRequest", "LogoutRequest")
	err := samlxml.Judge(ctx, m, rowsArrived(), rowsLogout())
	var gone []storage.SAMLSession
	if err == nil {
		gone, err = e.meant(ctx, m)
	}
	if err == nil {
		err = e.end(ctx, m, gone)
	}
	if no, ok := errors.AsType[*samlxml.Refusal](err); ok {
		return e.refuseLogout(c, no)
	}
	if err != nil {
		return err
	}
	ch := &chain{Requester: m.app.Row.ID, Request: m.id, Relay: m.relayState}
	if len(gone) == 0 {
		return e.answerLogout(c, ch, statusUnknown)
	}
	if ch.Rest, err = e.others(ctx, m.app, gone); err != nil {
		return err
	}
	return e.next(c, ch)
}

// meant are the sign-ins that a request names: of that name at that application, and of those sessions if it names any (SA21).
func (e *Endpoint) meant(ctx context.Context, m *message) ([]storage.SAMLSession, error) {
	var out []storage.SAMLSession
	for _, subject := range e.subjects(m.app, m.name) {
		rows, err := e.d.Store.SAMLSessionsOf(ctx, e.d.Tenant, m.app.Row.ID, subject, mostLogout)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	if len(m.sessions) == 0 {
		return out, nil
	}
	return slices.DeleteFunc(out, func(s storage.SAMLSession) bool { return !slices.Contains(m.sessions, indexOf(&s)) }), nil
}

// end spends the request and ends the sessions, with their grants; OAuth clients are told as at every end of a session. Both happen, or neither.
func (e *Endpoint) end(ctx context.Context, m *message, gone []storage.SAMLSession) error {
	return e.d.Store.InTx(ctx, func(ctx context.Context) error {
		sum := sha256.Sum256(append([]byte("saml logout "+m.app.Row.ID.String()+" "), m.id...))
		first, err := e.d.Store.SpendOnce(ctx, &storage.Replay{Tenant: e.d.Tenant, Hash: sum[:], ExpiresAt: m.now.Add(requestLives + 2*skew)})
		if err != nil {
			return err
		}
		if !first {
			return &samlxml.Refusal{Check: "saml_idp_logout.replay", Expected: "a request that was not used", Received: "one that was", Reason: "replay"}
		}
		for i := range gone {
			ev := e.d.Audit.Row(ctx, e.d.Tenant, audit.Event{
				Type: audit.SAMLLogout, Severity: audit.Info, ActorKind: audit.Client, Actor: m.app.ID(), Client: m.app.ID(), Target: "session:" + gone[i].Session.String(),
				Outcome: audit.Success, Data: map[string]any{"person": gone[i].Person.String()},
			})
			if err := e.d.Store.RevokeSession(ctx, e.d.Tenant, gone[i].Session, m.now, reasonLogout, ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// refuseLogout says no on a page: nothing was ended.
func (e *Endpoint) refuseLogout(c *gin.Context, no *samlxml.Refusal) error {
	id := httpx.ErrorID(c)
	verdict.Log(c.Request.Context(), e.d.Log, "saml", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, id)
	e.d.Meter.AuthRequest("saml_logout", "refused")
	return e.d.Pages.ErrorPage(c, http.StatusBadRequest, "invalid_request", "This sign-out request of an application was not accepted.", id)
}

// answerLogout tells the application that asked how it went; one without an address for that, or ourselves, ends on a page of ours.
func (e *Endpoint) answerLogout(c *gin.Context, ch *chain, second string) error {
	ctx := c.Request.Context()
	e.d.Meter.AuthRequest("saml_logout", "success")
	if ch.Requester.IsZero() {
		if ch.Next != "" {
			return httpx.SeeOther(c, ch.Next)
		}
		return e.d.Pages.Done(c, "", "")
	}
	a, err := e.d.Apps.ByRow(ctx, ch.Requester)
	if notFound(err) || err == nil && a.Settings.SLOResponseURL == "" {
		return e.d.Pages.Done(c, "", "")
	}
	if err != nil {
		return err
	}
	how := saml.Status{StatusCode: saml.StatusCode{Value: samlxml.Success}}
	switch second {
	case statusPartial:
		how.StatusCode.StatusCode = &saml.StatusCode{Value: second}
	case statusUnknown:
		how = saml.Status{StatusCode: saml.StatusCode{Value: statusPrefix + "Requester", StatusCode: &saml.StatusCode{Value: second}}}
	}
	r := &saml.LogoutResponse{
		ID: newID(), InResponseTo: ch.Request, Version: "2.0", IssueInstant: e.d.Now().UTC(), Destination: a.Settings.SLOResponseURL, Issuer: &saml.Issuer{Value: e.entityID()}, Status: how,
	}
	return e.send(c, a, samlxml.Outgoing{Location: a.Settings.SLOResponseURL, Param: "SAMLResponse", Root: r.Element(), RelayState: ch.Relay})
}
