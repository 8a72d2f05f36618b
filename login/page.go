package login

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/web"
)

// FormPurpose is the purpose of the sign-in page's form token: all forms on the page share it.
const FormPurpose = "login"

// MaxIdentifier is the longest mail address or user name that is looked up, in bytes.
const MaxIdentifier = 512

// Page is the sign-in page as it opens. It depends on the request and on who is
// signed in, never on whether an account exists.
func (m *Module) Page(c *gin.Context, st *Step) (web.LoginPage, error) {
	token, err := m.Token(c, FormPurpose)
	if err != nil {
		return web.LoginPage{}, err
	}
	params := st.Flow.Params
	p := web.LoginPage{
		Lang: m.Lang(c, st), Flow: st.Sealed, CSRF: token, Passkeys: m.cfg.Passkeys, ByMail: m.cfg.ByMail, ByPhone: m.cfg.ByPhone, Signup: m.cfg.Signup,
		ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI, PolicyURI: st.Client.PolicyURI, TosURI: st.Client.TosURI,
		Identifier: printable(params.Get("login_hint")), Display: params.Get("display"),
		FormAction: web.FormActionSource(params.Get("redirect_uri")), Challenge: m.Wanted(c, Asked{Purpose: NamedLogin, Flow: st.Sealed}),
	}
	if m.d.Upstreams != nil {
		if p.Connectors, err = m.d.Upstreams.Upstreams(c.Request.Context(), st.Flow.Client); err != nil {
			return p, err
		}
	}
	again, err := m.again(c, st)
	if err != nil || !again {
		return p, err
	}
	if _, identifier := m.Display(st.Current.Person); identifier != "" {
		p.Identifier, p.IdentifierFixed, p.Reauth = identifier, true, true
	}
	return p, nil
}

// again says that the person who is signed in is asked to prove it once more.
func (m *Module) again(c *gin.Context, st *Step) (bool, error) {
	if st.Current == nil {
		return false, nil
	}
	is, err := m.RequiredPerson(c, st)
	if err != nil || is != nil {
		return err == nil && is(st.Current.Person), err
	}
	params := st.Flow.Params
	return slices.Contains(strings.Fields(params.Get("prompt")), "login") || params.Has("max_age"), nil
}

// printable keeps a hint that could be an identifier.
func printable(hint string) string {
	if len(hint) > MaxIdentifier || !cleanText(hint) {
		return ""
	}
	return hint
}

// cleanText has neither control characters nor broken UTF-8.
func cleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
