package login

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

// accountPurpose binds the form to the session that was shown: when another tab
// has signed in somebody else since, "the first account" is not what was meant.
func accountPurpose(st *Step) string {
	if st.Current == nil {
		return "login account"
	}
	return "login account " + st.Current.Session.ID.String()
}

// showAccounts asks which account to go on with. Without a session there is
// nothing to choose.
func (m *Module) showAccounts(c *gin.Context) error {
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
	token, err := m.d.Forms.Token(c, accountPurpose(st))
	if err != nil {
		return err
	}
	name, identifier := m.d.Names.Display(st.Current.Person)
	m.Render(c, http.StatusOK, web.AccountPage{
		Lang: m.Lang(c, st), Flow: st.Sealed, CSRF: token,
		ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI,
		Accounts:   []web.Account{{N: 1, Name: name, Identifier: identifier}},
		FormAction: web.FormActionSource(st.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

// chooseAccount goes on as the current session or to the sign-in screen. The
// dispatcher reads the session again: choosing an account is no proof of it.
func (m *Module) chooseAccount(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	st, err := m.Open(c, form.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	if err := m.d.Forms.Check(c, accountPurpose(st), form); err != nil {
		return err
	}
	switch choice := form.Get("account"); {
	case choice == "other":
		return httpx.SeeOther(c, m.link("/login", st.Sealed, "step", "back"))
	case choice == "1" && st.Current != nil:
		return m.leave(c, st, flow.StepAccount, st.Current)
	}
	return errs.New(errs.Invalid, "There is no such account in this browser.")
}
