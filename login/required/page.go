package required

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

const prefix = "required."

// show asks for the first action that is due; when none is (any more) the browser goes on.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	v, done, err := m.arrive(c, query.Get("flow"))
	if done || err != nil {
		return err
	}
	due, err := m.d.Rules.open(v.person)
	if err != nil {
		return err
	}
	if len(due) == 0 {
		return m.d.Steps.GoOn(c, v.st, "")
	}
	return due[0].show(m, v)
}

// take does the first action that is due. A form that was made for another one does nothing: the page says what is due now.
func (m *Module) take(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	v, done, err := m.arrive(c, form.Get("flow"))
	if done || err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, purpose(v), form); err != nil {
		return err
	}
	if v.form = form; form.Get("answer") == "other" {
		return m.d.Steps.Another(c, v.st)
	}
	due, err := m.d.Rules.open(v.person)
	if err != nil {
		return err
	}
	if len(due) == 0 || strings.TrimPrefix(due[0].name, prefix) != form.Get("action") {
		return m.on(v)
	}
	return due[0].take(m, v)
}

// arrive opens the flow and reads who is signed in from the database: what was done in another tab a moment ago counts. done says that the browser was
// sent elsewhere.
func (m *Module) arrive(c *gin.Context, sealed string) (v *visit, done bool, err error) {
	st, err := m.d.Steps.Open(c, sealed)
	if err != nil {
		return nil, true, m.d.Steps.Refuse(c, err)
	}
	v = &visit{c: c, st: st}
	if v.cur, err = m.d.Steps.Current(c); err != nil {
		return nil, true, err
	}
	if v.cur == nil {
		return nil, true, m.signIn(v)
	}
	v.person, err = m.d.People.PersonByID(v.ctx(), m.d.Steps.Tenant(), v.cur.Person.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, true, m.signIn(v)
	}
	return v, false, err
}

func (m *Module) signIn(v *visit) error {
	return httpx.SeeOther(v.c, m.d.Steps.Link("/login", "flow", v.st.Sealed))
}

// on looks again at what is due.
func (m *Module) on(v *visit) error {
	return httpx.SeeOther(v.c, m.d.Steps.Link(Path, "flow", v.st.Sealed))
}

func (m *Module) render(v *visit, status int, p web.RequiredPage) (err error) {
	if p.CSRF, err = m.d.Steps.Token(v.c, purpose(v)); err != nil {
		return err
	}
	_, p.Identifier = m.d.Steps.Display(v.person)
	p.Lang, p.Flow, p.ClientName, p.ClientLogoURI = m.d.Steps.Lang(v.c, v.st), v.st.Sealed, v.st.Client.Name, v.st.Client.LogoURI
	p.FormAction = web.FormActionSource(v.st.Flow.Params.Get("redirect_uri"))
	m.d.Steps.Render(v.c, status, p)
	return nil
}

// purpose binds a form to the session that it was shown in.
func purpose(v *visit) string { return "login required " + v.cur.Session.ID.String() }

// self is the person as who acts.
func self(v *visit) directory.Actor {
	return directory.Actor{Kind: audit.Person, ID: v.person.ID.String()}
}
