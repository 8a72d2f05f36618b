package login

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
)

// What the pages need on which a person keeps a factor: who is signed in, and a way to have it proved again.

// Current is who is signed in; nil: nobody.
func (m *Module) Current(c *gin.Context) (*session.Current, error) {
	cur, err := m.d.Sessions.Current(c.Request.Context(), c.Request, m.d.Tenant)
	return m.aged(c.Request, cur), err
}

// Back has the person sign in, also again, and then leads to a page of ours.
func (m *Module) Back(c *gin.Context, to string, params url.Values) error {
	return m.begin(c, to, params, "/login")
}

// StepUp has the person show a second factor beside the session that they have, and then leads to a page of ours.
func (m *Module) StepUp(c *gin.Context, to string) error { return m.begin(c, to, nil, mfaPath) }

// begin shows a page of a new flow that leads to a page of ours.
func (m *Module) begin(c *gin.Context, to string, params url.Values, page string, more ...string) error {
	sealed, err := m.own(c, to, params)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.link(page, sealed, more...))
}

// Own opens a flow that leads to a page of ours, for whoever proves themselves without a page here.
func (m *Module) Own(c *gin.Context, to string) (sealed string, err error) { return m.own(c, to, nil) }

func (m *Module) own(c *gin.Context, to string, params url.Values) (string, error) {
	fl := m.d.Flows.Begin(m.d.Tenant, m.d.Browsers.Browser(c.Writer, c.Request).ID)
	fl.Return, fl.Params = to, params
	return m.d.Flows.Seal(fl)
}

// Continue goes on as who is signed in by now: in a flow that waited while they proved it elsewhere.
func (m *Module) Continue(c *gin.Context, st *Step, cur *session.Current) error {
	return m.leave(c, st, flow.StepLogin, cur)
}

// Link is a page of ours, with name and value pairs in its query.
func (m *Module) Link(path string, query ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	return m.cfg.Issuer + path + "?" + q.Encode()
}

// Invitation is asked once a person is signed in, before they go on: it may have a page of its own to show, such as "add a passkey".
type Invitation interface {
	// Page is the path of the page, or "". The page goes on with Module.GoOn.
	Page(c *gin.Context, cur *session.Current, p Proof) string
}

// GoOn hands over to the dispatcher with the token that the offer's page was given.
func (m *Module) GoOn(c *gin.Context, st *Step, token string) error {
	return httpx.SeeOther(c, m.d.Flows.ReturnURL(m.cfg.Issuer, st.Sealed, token))
}
