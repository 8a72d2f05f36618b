package account

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	pw "github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const passwordPath = "/account/password"

// The form's fields.
const (
	fieldCurrent = "current_password"
	fieldNew     = "new_password"
)

// showPassword is the empty form.
func (m *Module) showPassword(c *gin.Context) error {
	cur, done, err := m.signedIn(c, passwordPath)
	if done || err != nil {
		return err
	}
	return m.passwordPage(c, cur, http.StatusOK, nil)
}

// changePassword replaces the password of who is signed in and proves the old one
// (PW13). A new password that will not do is refused before anything is hashed.
func (m *Module) changePassword(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.signedIn(c, passwordPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, purpose(cur), form); err != nil {
		return err
	}
	problems, err := m.judge(form, cur.Person)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return m.passwordPage(c, cur, http.StatusBadRequest, problems)
	}
	person, err := m.d.People.PersonByID(c.Request.Context(), m.d.Tenant, cur.Person.ID)
	if err != nil {
		return err
	}
	ok, err := m.proved(c, person, form.Get(fieldCurrent))
	if err != nil {
		return err
	}
	if !ok {
		return m.passwordPage(c, cur, http.StatusForbidden, map[string]string{fieldCurrent: web.FieldPasswordWrong})
	}
	return m.replace(c, cur, person, form.Get(fieldNew))
}

// signedIn is the current session. done says that the browser was sent to sign in and will come back.
func (m *Module) signedIn(c *gin.Context, back string) (cur *session.Current, done bool, err error) {
	cur, err = m.d.Sessions.Current(c.Request.Context(), c.Request, m.d.Tenant)
	if err != nil || cur != nil {
		return cur, false, err
	}
	return nil, true, m.signIn(c, back, nil)
}

// signIn sends the browser to sign in, and from there back.
func (m *Module) signIn(c *gin.Context, back string, params url.Values) error {
	return m.lead(c, "/login", back, params)
}

// lead sends the browser through a step of signing in, and from there back.
func (m *Module) lead(c *gin.Context, step, back string, params url.Values) error {
	fl := m.d.Flows.Begin(m.d.Tenant, m.d.Sessions.Browser(c.Writer, c.Request).ID)
	fl.Return, fl.Params = back, params
	sealed, err := m.d.Flows.Seal(fl)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+step+"?"+url.Values{"flow": {sealed}}.Encode())
}

// judge looks at both fields without hashing (PW10, PW11).
func (m *Module) judge(form url.Values, p *storage.Person) (map[string]string, error) {
	current, next := form.Get(fieldCurrent), form.Get(fieldNew)
	problems := map[string]string{}
	if current == "" {
		problems[fieldCurrent] = web.FieldPasswordMissing
	}
	old, err := pw.Normalise(current)
	if err != nil {
		return nil, err
	}
	name, identifier := m.d.Directory.Display(p)
	switch found := m.d.Policy.Check(next, name, identifier); {
	case next == "":
		problems[fieldNew] = web.FieldPasswordMissing
	case len(found) > 0:
		problems[fieldNew] = "field." + found[0]
	default:
		if normal, err := pw.Normalise(next); err != nil || normal == old {
			problems[fieldNew] = web.FieldPasswordSame
		}
	}
	return problems, nil
}

// proved checks the current password within the allowance of this person in this
// browser. The try is counted before it is judged and given back if it was none.
func (m *Module) proved(c *gin.Context, p *storage.Person, current string) (bool, error) {
	browser := m.d.Sessions.Browser(c.Writer, c.Request).ID
	key := string(browser[:]) + string(p.ID[:])
	if ok, wait := m.d.Attempts.Take(key); !ok {
		return false, errs.New(errs.Throttled, "").After(wait)
	}
	ok, _, err := m.d.Hasher.Verify(c.Request.Context(), p.PasswordHash, current)
	switch {
	case err != nil:
		m.d.Attempts.Give(key)
	case ok:
		m.d.Attempts.Clear(key)
	default:
		m.d.Failures.Add(audit.Refusal{Tenant: m.d.Tenant, Person: p.ID, IP: httpx.ClientIP(c), Reason: "wrong"})
	}
	return ok, err
}

// replace changes the password, which ends all other sessions and their grants,
// and renews this session.
func (m *Module) replace(c *gin.Context, cur *session.Current, p *storage.Person, next string) error {
	ctx := c.Request.Context()
	phc, err := m.d.Hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	actor := directory.Actor{Kind: audit.Person, ID: p.ID.String()}
	if err := m.d.Directory.SetPassword(ctx, m.d.Tenant, p.ID, phc, cur.Session.ID, actor); err != nil {
		return err
	}
	if err := m.renew(ctx, c, cur); err != nil {
		m.d.Logger.ErrorContext(ctx, "the session was not renewed after a password change", slog.Any("error", err))
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.PasswordChangePage{Lang: m.lang(c), Done: true})
	return nil
}

// renew makes a new session in place of cur. Its acr is that of a password: what
// else the old one stood on was not proved now.
func (m *Module) renew(ctx context.Context, c *gin.Context, cur *session.Current) error {
	p, err := m.d.People.PersonByID(ctx, m.d.Tenant, cur.Person.ID)
	if err != nil {
		return err
	}
	_, err = m.d.Sessions.SignIn(ctx, c.Writer, c.Request, m.d.Tenant, p,
		session.SignIn{ACR: "1", AMR: []string{"pwd"}, Kind: "password_change", Replaces: cur})
	return err
}

func (m *Module) passwordPage(c *gin.Context, cur *session.Current, status int, problems map[string]string) error {
	token, err := m.d.Forms.Token(c, purpose(cur))
	if err != nil {
		return err
	}
	_, identifier := m.d.Directory.Display(cur.Person)
	m.d.Pages.Render(c.Writer, c.Request, status, web.PasswordChangePage{
		Lang: m.lang(c), CSRF: token, Identifier: identifier, Errors: problems, MinPasswordLength: m.d.MinLength,
	})
	return nil
}

// purpose binds the form to the session that it was shown in.
func purpose(cur *session.Current) string { return "account password " + cur.Session.ID.String() }
