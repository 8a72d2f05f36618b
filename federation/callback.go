package federation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

// returned is a browser that comes back by a redirect.
func (m *Module) returned(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	return m.complete(c, query)
}

// delivered is a browser that another site's form sent. Such a request may come without our cookies, so that it cannot show which browser it is: our own page
// sends the form again, as a request of our own site, which does. Without that nothing is believed.
func (m *Module) delivered(c *gin.Context) error {
	form, err := m.large(c)
	if err != nil {
		return err
	}
	return m.post(c, "", m.resumeAt(c), form, cmp.Or(m.destination(c.Request.Context(), stateOf(form)), m.landingSource(c)))
}

func (m *Module) resumeAt(c *gin.Context) string {
	return m.d.Issuer + "/federation/" + url.PathEscape(c.Param("connector")) + "/resume"
}

// large reads a form that may be long, for a connector that there is: for others nothing is read (DS04).
func (m *Module) large(c *gin.Context) (url.Values, error) {
	if _, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector")); err != nil {
		return nil, err
	}
	return httpx.Form(c)
}

// resume is the same form from our own page.
func (m *Module) resume(c *gin.Context) error {
	form, err := m.large(c)
	if err != nil {
		return err
	}
	return m.complete(c, form)
}

// complete judges what came back. The trip is taken first: whatever comes of it, it comes back once.
func (m *Module) complete(c *gin.Context, params url.Values) error {
	ctx := c.Request.Context()
	browser, ok := m.d.Browsers.Known(c.Request)
	if !ok {
		return m.stranger(c, params)
	}
	t, err := m.arrive(ctx, browser, byState, stateOf(params))
	if errs.Is(err, errs.NotFound) {
		return m.unasked(c, params)
	}
	if err != nil {
		return err
	}
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	if from.Row.ID != t.Connector { // an answer of one upstream at another's address (RFC 9700 section 4.4)
		return m.refused(c, t, from, &Refusal{Check: "callback.connector", Expected: "the upstream that the browser was sent to", Received: "another", Reason: "mixed_up"})
	}
	away, ok := from.Connector.(Redirector)
	if !ok {
		return m.lost(c)
	}
	id, err := away.Complete(ctx, Arrival{Wish: t.Wish, Kept: t.Kept, Began: t.Began, Method: c.Request.Method, Params: params})
	if t.Test != "" {
		return m.tested(c, from, t.Test, id, err)
	}
	var no *Refusal
	if errors.As(err, &no) {
		return m.refused(c, t, from, no)
	}
	if err != nil {
		return m.quietly(c, t, err)
	}
	return m.identified(c, t, from, id)
}

// lost answers who brings back what nobody waits for: a second time, too late, in another browser, or made up.
func (m *Module) lost(c *gin.Context) error {
	m.d.Meter.FailedLogin("federation", "state")
	return errs.New(errs.Invalid, "This sign-in was begun elsewhere, is over or was used already. Start again.")
}

// refused says no. The reason is in the log, found by the id on the page.
func (m *Module) refused(c *gin.Context, t *trip, from *Ready, no *Refusal) error {
	ctx := c.Request.Context()
	verdict.Log(ctx, m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	m.d.Log.InfoContext(ctx, "an upstream's answer was refused", slog.String("connector", from.Row.Name), slog.String("check", no.Check))
	m.d.Meter.AuthRequest("federation", "refused")
	m.d.Meter.FailedLogin("federation", no.Reason)
	m.d.Failures.Add(audit.Refusal{Tenant: m.d.Tenant, IP: httpx.ClientIP(c), Reason: "federation_" + no.Reason})
	if t.Wish.Silent {
		return m.quietly(c, t, no)
	}
	if no.Person && t.Flow != "" {
		return m.d.Pages.Again(c, t.Flow, problemOf(no))
	}
	return errs.New(errs.Forbidden, "What "+from.Row.Title+" said about you was not accepted. Start again, or tell the people who run this service the number below.")
}

// problemOf is what the person is told on the sign-in page.
func problemOf(no *Refusal) string {
	switch no.Reason {
	case "unknown":
		return web.ProblemUnknown
	case "taken":
		return web.ProblemTaken
	}
	return web.ProblemUpstream
}

// stateOf is what brings a trip back: state, or SAML's word for it.
func stateOf(params url.Values) string {
	if s := params.Get("state"); s != "" {
		return s
	}
	return params.Get("RelayState")
}

// destination is the policy's source of where the trip's sign-in leads in the end; "" when nobody waits for it, and then it leads nowhere.
func (m *Module) destination(ctx context.Context, state string) string {
	row, err := m.d.Store.TripByState(ctx, m.d.Tenant, m.mark(byState, []byte(state)), m.d.Now())
	if err != nil {
		return ""
	}
	t, err := m.open(row)
	if err != nil {
		return ""
	}
	return t.Then
}
