package samlidp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/crewjam/saml"
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	mostHops   = 10 // applications that a browser is led through
	chainLives = 10 * time.Minute
)

// chainCap bounds how many browsers are led through applications at once. Only a signed request, or somebody who was signed in, begins one.
func chainCap() storage.TripCap { return storage.TripCap{PerAddress: 200, All: 50_000} }

// chain is a sign-out on its way through applications. Between two of them it is a row, sealed, which is taken once by the state that the browser carries.
type chain struct {
	Requester storage.ID `json:"requester,omitzero"` // who asked; zero: the person, here
	Request   string     `json:"request,omitempty"`
	Relay     string     `json:"relay,omitempty"`
	Next      string     `json:"next,omitempty"` // where the person goes in the end

	Rest   []hop      `json:"rest,omitempty"`
	To     storage.ID `json:"to,omitzero"`    // the application that is asked now
	Sent   string     `json:"sent,omitempty"` // by which request
	Failed bool       `json:"failed,omitempty"`
}

// hop is an application that is still to be told.
type hop struct {
	App   storage.ID `json:"app"`
	Name  nameID     `json:"name"`
	Index string     `json:"index"`
}

// others are the applications that were told of the same sessions and can be told that they have ended, but for the one that knows.
func (e *Endpoint) others(ctx context.Context, knows *App, gone []storage.SAMLSession) ([]hop, error) {
	var out []hop
	seen := map[storage.ID]bool{}
	for i := range gone {
		if seen[gone[i].Session] {
			continue
		}
		seen[gone[i].Session] = true
		more, err := e.hops(ctx, gone[i].Session, knows)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (e *Endpoint) hops(ctx context.Context, session storage.ID, knows *App) ([]hop, error) {
	rows, err := e.d.Store.SAMLSessionsIn(ctx, e.d.Tenant, session)
	if err != nil {
		return nil, err
	}
	var out []hop
	for i := range rows {
		s := &rows[i]
		a, err := e.d.Apps.ByRow(ctx, s.App)
		if notFound(err) || err == nil && (a.Settings.SLOURL == "" || knows != nil && a.Row.ID == knows.Row.ID) {
			continue
		}
		if err != nil {
			return nil, err
		}
		plain, err := e.d.Ring.Open(nameAt(s), s.NameID)
		if err != nil {
			return nil, err
		}
		h := hop{App: s.App, Index: indexOf(s)}
		if err := json.Unmarshal(plain, &h.Name); err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// Leave is where a browser goes to tell applications that a session has ended, and from there to next; "" when there is nobody to tell.
func (e *Endpoint) Leave(c *gin.Context, session storage.ID, next string) (string, error) {
	rest, err := e.hops(c.Request.Context(), session, nil)
	if err != nil || len(rest) == 0 {
		return "", err
	}
	state, err := e.park(c, &chain{Rest: rest, Next: next})
	if errs.Is(err, errs.Throttled) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return e.d.Issuer + sloPath + "?" + url.Values{"leave": {state}}.Encode(), nil
}

// park keeps a chain until the browser comes back with the state.
func (e *Endpoint) park(c *gin.Context, ch *chain) (state string, err error) {
	now := e.d.Now()
	state = rand.Text()
	row := &storage.Trip{
		Tenant: e.d.Tenant, ID: storage.NewID(now), State: e.mark("state", state), Browser: e.mark("browser", "any"), CreatedAt: now, ExpiresAt: now.Add(chainLives),
		Address: e.mark("address", httpx.ClientIP(c).String()),
	}
	plain, err := json.Marshal(ch)
	if err != nil {
		return "", err
	}
	row.Content = e.d.Ring.Seal(tripAt(row), plain)
	return state, e.d.Store.InsertTrip(c.Request.Context(), row, chainCap())
}

func tripAt(t *storage.Trip) seal.Location {
	return seal.Location{Table: "trips", Column: "content", Tenant: t.Tenant, Row: t.ID}
}

// mark is a keyed hash that no other kind of trip has.
func (e *Endpoint) mark(what, value string) []byte {
	return e.d.Ring.Index("trips", what, []byte("saml sign-out "+value))
}

// taken is the chain of a state, once; errs.NotFound for none. It is bound to no browser: whoever brings the state can end nothing by it, and some
// browsers come back from another site without their cookies.
func (e *Endpoint) taken(ctx context.Context, state string) (*chain, error) {
	row, err := e.d.Store.TakeTrip(ctx, e.d.Tenant, e.mark("state", state), e.mark("browser", "any"), e.d.Now())
	if err != nil {
		return nil, err
	}
	plain, err := e.d.Ring.Open(tripAt(row), row.Content)
	if err != nil {
		return nil, err
	}
	ch := &chain{}
	return ch, json.Unmarshal(plain, ch)
}

// goOn begins the way that Leave was asked for.
func (e *Endpoint) goOn(c *gin.Context, state string) error {
	ch, err := e.taken(c.Request.Context(), state)
	if notFound(err) {
		return e.d.Pages.Done(c, "", "")
	}
	if err != nil {
		return err
	}
	return e.next(c, ch)
}

// rowsAnswer judge a LogoutResponse beyond what every message is held to.
func rowsAnswer(ch *chain) []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_idp_logout_response.app", Reason: "issuer", Check: func(_ context.Context, m *message) (expected, received string, err error) {
			if m.app.Row.ID != ch.To {
				received = "another"
			}
			return "the application that was asked", received, nil
		}},
		{Name: "saml_idp_logout_response.in_response_to", Reason: "request", Check: func(_ context.Context, m *message) (expected, received string, err error) {
			if ch.Sent == "" || samlxml.Attribute(m.root, "InResponseTo") != ch.Sent {
				received = "another, or none"
			}
			return "an answer to our request", received, nil
		}},
		{Name: "saml_idp_logout_response.status", Reason: "status", Check: func(_ context.Context, m *message) (expected, received string, err error) {
			code := samlxml.Child(samlxml.Child(m.root, samlxml.NSProtocol, "Status"), samlxml.NSProtocol, "StatusCode")
			if samlxml.Attribute(code, "Value") != samlxml.Success || len(code.ChildElements()) > 0 {
				received = "another"
			}
			return "success", received, nil
		}},
	}
}

// answered goes on after an application has answered. What it answers ends nothing and begins nothing: one that does not count only makes the whole partial.
func (e *Endpoint) answered(c *gin.Context, in brought) error {
	ctx := c.Request.Context()
	m := e.message(in, "SAMLResponse", "LogoutResponse")
	judged := samlxml.Judge(ctx, m, rowsArrived())
	no, refused := errors.AsType[*samlxml.Refusal](judged)
	if judged != nil && !refused {
		return judged
	}
	ch, err := e.taken(ctx, m.relayState)
	if notFound(err) {
		return e.refuseLogout(c, &samlxml.Refusal{Check: "saml_idp_logout_response.relay_state", Expected: "a sign-out that is under way", Received: "none", Reason: "state"})
	}
	if err != nil {
		return err
	}
	if !refused {
		no, refused = errors.AsType[*samlxml.Refusal](samlxml.Judge(ctx, m, rowsAnswer(ch)))
	}
	if refused {
		verdict.Log(ctx, e.d.Log, "saml", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
		ch.Failed = true
	}
	return e.next(c, ch)
}

// next leads the browser to the next application, or back to where it all began.
func (e *Endpoint) next(c *gin.Context, ch *chain) error {
	ctx := c.Request.Context()
	if len(ch.Rest) > mostHops {
		ch.Rest, ch.Failed = ch.Rest[:mostHops], true
	}
	for len(ch.Rest) > 0 {
		h := ch.Rest[0]
		ch.Rest = ch.Rest[1:]
		a, err := e.d.Apps.ByRow(ctx, h.App)
		if notFound(err) || err == nil && a.Settings.SLOURL == "" {
			continue // it changed meanwhile
		}
		if err != nil {
			return err
		}
		ch.To, ch.Sent = a.Row.ID, newID()
		state, err := e.park(c, ch)
		if errs.Is(err, errs.Throttled) {
			ch.Rest, ch.Failed = nil, true
			break
		}
		if err != nil {
			return err
		}
		return e.send(c, a, samlxml.Outgoing{Location: a.Settings.SLOURL, Param: "SAMLRequest", Root: e.logoutRequest(a, h, ch.Sent).Element(), RelayState: state})
	}
	if ch.Failed {
		return e.answerLogout(c, ch, statusPartial)
	}
	return e.answerLogout(c, ch, "")
}

// logoutRequest tells an application that a session of it has ended.
func (e *Endpoint) logoutRequest(a *App, h hop, id string) *saml.LogoutRequest {
	now := e.d.Now().UTC()
	until := now.Add(assertionLives)
	return &saml.LogoutRequest{
		ID: id, Version: "2.0", IssueInstant: now, NotOnOrAfter: &until, Destination: a.Settings.SLOURL, Issuer: &saml.Issuer{Value: e.entityID()},
		NameID: e.element(a, h.Name), SessionIndex: &saml.SessionIndex{Value: h.Index},
	}
}

// send signs a message and gives it to the browser.
func (e *Endpoint) send(c *gin.Context, a *App, o samlxml.Outgoing) error {
	pair, err := e.d.Keys.Current(c.Request.Context())
	if err != nil {
		return err
	}
	o.Pair, o.Binding = pair, saml.HTTPRedirectBinding
	if a.Settings.SLOBinding == "post" {
		o.Binding = saml.HTTPPostBinding
	}
	to, err := o.Send()
	if err != nil {
		return err
	}
	if to.Form == nil {
		return httpx.SeeOther(c, to.URL)
	}
	var fields [][2]string
	for _, name := range []string{o.Param, "RelayState"} {
		if v := to.Form.Get(name); v != "" {
			fields = append(fields, [2]string{name, v})
		}
	}
	return e.d.Pages.Show(c, http.StatusOK, web.RelayPage{Lang: e.d.Pages.Language(c), Action: to.URL, Fields: fields, Then: "https:"})
}

// notFound says whether there is none.
func notFound(err error) bool { return errs.Is(err, errs.NotFound) }
