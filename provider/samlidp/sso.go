package samlidp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Names under which a flow keeps a request that was judged.
const (
	keptID      = "saml_id" // "" where the person began here
	keptACS     = "saml_acs"
	keptRelay   = "saml_relay"
	keptContext = "saml_context" // classes, a line each
	keptForce   = "saml_force"
	keptPassive = "saml_passive"
)

// get begins with a request, or with an application's name where people may begin here, or goes on with a flow.
func (e *Endpoint) get(c *gin.Context) error {
	in, q, err := bring(c)
	if err != nil {
		return err
	}
	if q.Has("flow") {
		return e.resume(c, q.Get("flow"), q.Get("step"))
	}
	browser, err := e.d.Sessions.Browser(c)
	if err != nil {
		return err
	}
	var fl *flow.Flow
	if q.Has("sp") {
		fl, err = e.initiated(c.Request.Context(), q.Get("sp"), browser)
	} else {
		fl, err = e.requested(c, in, browser)
	}
	if err != nil || fl == nil {
		return err
	}
	sealed, err := e.seal(*fl)
	if err != nil {
		return err
	}
	return e.dispatch(c, fl, sealed, "")
}

// post turns a request into a flow, which the browser that follows adopts.
func (e *Endpoint) post(c *gin.Context) error {
	in, _, err := bring(c)
	if err != nil {
		return err
	}
	fl, err := e.requested(c, in, [16]byte{})
	if err != nil || fl == nil {
		return err
	}
	sealed, err := e.seal(*fl)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, e.d.Base+ssoPath+"?"+url.Values{"flow": {sealed}}.Encode())
}

func (e *Endpoint) seal(fl flow.Flow) (string, error) {
	sealed, err := e.d.Flows.Seal(fl)
	if errs.Is(err, errs.TooLarge) {
		return "", errs.Wrap(errs.Invalid, "The request is too large.", err)
	}
	return sealed, err
}

// requested judges an AuthnRequest. Nothing is written: a request may come again, which does no harm, as each answer names it. Without an error and
// without a flow the answer is written.
func (e *Endpoint) requested(c *gin.Context, in brought, browser [16]byte) (*flow.Flow, error) {
	m := e.message(in, "SAMLRequest", "AuthnRequest")
	err := samlxml.Judge(c.Request.Context(), m, rowsArrived(), rowsRequest())
	if no, ok := errors.AsType[*samlxml.Refusal](err); ok {
		return nil, e.refuse(c, m, no)
	}
	if err != nil {
		return nil, err
	}
	fl := e.begin(m.app, browser)
	fl.Params.Set(keptID, m.id)
	fl.Params.Set(keptACS, m.acs)
	fl.Params.Set(keptRelay, m.relayState)
	fl.Params.Set(keptContext, strings.Join(m.contexts, "\n"))
	if m.force {
		fl.Params.Set(keptForce, "1")
		fl.Params.Set("prompt", "login")
	}
	if m.passive {
		fl.Params.Set(keptPassive, "1")
	}
	return &fl, nil
}

func (e *Endpoint) begin(a *App, browser [16]byte) flow.Flow {
	fl := e.d.Flows.Begin(e.d.Tenant, browser)
	fl.Client, fl.Params = a.ID(), url.Values{flow.Page: {ssoPath}}
	return fl
}

// initiated is a person who begins here (profiles §4.1.5): at the default address, with the state that is registered, and nothing that the link says.
func (e *Endpoint) initiated(ctx context.Context, named string, browser [16]byte) (*flow.Flow, error) {
	no := errs.New(errs.NotFound, "There is no such application, or it is not started from here.")
	a, err := e.d.Apps.ByID(ctx, ClientPrefix+named)
	if errs.Is(err, errs.NotFound) {
		a, err = e.d.Apps.ByEntityID(ctx, named)
	}
	if errs.Is(err, errs.NotFound) || err == nil && (a.Row.Disabled || !a.Settings.IDPInitiated) {
		return nil, no
	}
	if err != nil {
		return nil, err
	}
	fl := e.begin(a, browser)
	fl.Params.Set(keptID, "")
	fl.Params.Set(keptACS, a.consumer())
	fl.Params.Set(keptRelay, a.Settings.RelayState)
	fl.Params.Set(keptContext, "")
	return &fl, nil
}

// resume takes a flow up again after a step.
func (e *Endpoint) resume(c *gin.Context, sealed, step string) error {
	browser, err := e.d.Sessions.Browser(c)
	if err != nil {
		return err
	}
	fl, err := e.d.Flows.Open(sealed, browser)
	if a, again := flow.AgainOf(err); again && a.Why == flow.Foreign {
		fl, sealed, err = e.d.Flows.Adopt(sealed, browser)
	}
	if err != nil {
		return e.expired(c, err)
	}
	return e.dispatch(c, fl, sealed, step)
}

// expired answers for a flow that is stale, or another browser's: it leads back to the application only if that is known.
func (e *Endpoint) expired(c *gin.Context, err error) error {
	if !errs.Is(err, errs.Invalid) {
		return err
	}
	name, back := "", ""
	if again, ok := flow.AgainOf(err); ok && again.Client != "" {
		if a, err := e.d.Apps.ByID(c.Request.Context(), again.Client); err == nil {
			name, back = a.Row.Title, a.Settings.StartURL
		}
	}
	return e.d.Pages.Expired(c, name, back)
}

// refuse answers a request that does not count: to the application where it is settled that it asks, else on a page. The row is in the log, under the id on
// the page.
func (e *Endpoint) refuse(c *gin.Context, m *message, no *samlxml.Refusal) error {
	id := httpx.ErrorID(c)
	verdict.Log(c.Request.Context(), e.d.Log, "saml", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, id)
	e.d.Meter.AuthRequest("saml", "refused")
	if m.status != "" && m.acs != "" {
		return e.respond(c, answer{app: m.app, acs: m.acs, request: m.id, relay: m.relayState, status: m.status})
	}
	return e.d.Pages.ErrorPage(c, http.StatusBadRequest, "invalid_request", "This sign-in request of an application was not accepted.", id)
}
