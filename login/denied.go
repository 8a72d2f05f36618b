package login

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

const deniedPath = "/login/denied"

// deniedPurpose binds the form to the session that was shown.
func deniedPurpose(st *Step) string {
	if st.Current == nil {
		return "login denied"
	}
	return "login denied " + st.Current.Session.ID.String()
}

// showDenied tells somebody that they may not use the application. The dispatcher found that out; this page decides nothing.
func (m *Module) showDenied(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	st, err := m.Open(c, query.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	if st.Current == nil {
		return httpx.SeeOther(c, m.link("/login", st.Sealed))
	}
	token, err := m.d.Forms.Token(c, deniedPurpose(st))
	if err != nil {
		return err
	}
	_, identifier := m.d.Names.Display(st.Current.Person)
	m.Render(c, http.StatusForbidden, web.DeniedPage{
		Lang: m.Lang(c, st), Flow: st.Sealed, CSRF: token, ClientName: st.Client.Name, Person: identifier,
		FormAction: web.FormActionSource(st.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

// leaveDenied goes back to the application, which hears access_denied, or on to another account.
func (m *Module) leaveDenied(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	st, err := m.Open(c, form.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	if err := m.d.Forms.Check(c, deniedPurpose(st), form); err != nil {
		return err
	}
	switch answer := form.Get("answer"); {
	case answer == "other":
		return m.Another(c, st)
	case answer == "back" && st.Current != nil:
		return m.leave(c, st, flow.StepDenied, st.Current)
	}
	return errs.New(errs.Invalid, "Choose to go back or to use another account.")
}
