package password

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	formPurpose = "login"
	home        = "/"
	stepBack    = "back" // "Not you?"
)

// show is the sign-in page. Without a flow one begins that leads to our own
// start page.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if !query.Has("flow") {
		return m.d.Steps.Start(c, home)
	}
	st, err := m.d.Steps.Open(c, query.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	page, err := m.page(c, st)
	if err != nil {
		return err
	}
	if query.Get("step") == stepBack {
		page.Identifier, page.IdentifierFixed, page.Reauth = "", false, false
	}
	m.d.Steps.Render(c, http.StatusOK, page)
	return nil
}

// page is the sign-in page as it opens. It depends on the request and on who is
// signed in, never on whether an account exists.
func (m *Module) page(c *gin.Context, st *login.Step) (web.LoginPage, error) {
	token, err := m.d.Steps.Token(c, formPurpose)
	if err != nil {
		return web.LoginPage{}, err
	}
	params := st.Flow.Params
	p := web.LoginPage{
		Lang: m.d.Steps.Lang(c, st), Flow: st.Sealed, CSRF: token,
		ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI, PolicyURI: st.Client.PolicyURI, TosURI: st.Client.TosURI,
		Identifier: printable(params.Get("login_hint")), Display: params.Get("display"),
		FormAction: web.FormActionSource(params.Get("redirect_uri")), ByMail: m.d.ByMail,
	}
	again, err := m.again(c, st)
	if err != nil || !again {
		return p, err
	}
	if _, identifier := m.d.Steps.Display(st.Current.Person); identifier != "" {
		p.Identifier, p.IdentifierFixed, p.Reauth = identifier, true, true
	}
	return p, nil
}

// again says that the person who is signed in is asked to prove it once more.
func (m *Module) again(c *gin.Context, st *login.Step) (bool, error) {
	if st.Current == nil {
		return false, nil
	}
	is, err := m.d.Steps.RequiredPerson(c, st)
	if err != nil || is != nil {
		return err == nil && is(st.Current.Person), err
	}
	params := st.Flow.Params
	return slices.Contains(strings.Fields(params.Get("prompt")), "login") || params.Has("max_age"), nil
}

// printable keeps a hint that could be an identifier.
func printable(hint string) string {
	if len(hint) > maxIdentifier || !cleanText(hint) {
		return ""
	}
	return hint
}
