package required

import (
	"net/http"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/web"
)

const fieldNew = "new_password"

// showPassword asks for a new password alone: who it is was proved a moment ago, by whatever they have. In an older session it is proved anew.
func showPassword(m *Module, v *visit) error {
	if !m.fresh(v) {
		return m.signIn(v)
	}
	return m.passwordPage(v, http.StatusOK, nil)
}

func (m *Module) passwordPage(v *visit, status int, problems map[string]string) error {
	return m.render(v, status, web.RequiredPage{Action: web.RequiredPassword, Errors: problems, MinPasswordLength: m.d.MinLength})
}

// fresh reports whether the session was opened for this flow, or just now.
func (m *Module) fresh(v *visit) bool {
	at := v.cur.Session.AuthTime
	return !at.Before(v.st.Flow.Started) || m.d.Now().Sub(at) <= fresh
}

// takePassword replaces the password, which ends every other session and meets the demand in one transaction, and renews this session.
func takePassword(m *Module, v *visit) error {
	if !m.fresh(v) {
		return m.signIn(v)
	}
	next := v.form.Get(fieldNew)
	if problem, err := m.judge(v, next); err != nil || problem != "" {
		if err != nil {
			return err
		}
		return m.passwordPage(v, http.StatusBadRequest, map[string]string{fieldNew: problem})
	}
	phc, err := m.d.Hasher.Hash(v.ctx(), next)
	if err != nil {
		return err
	}
	if err := m.d.Directory.SetPassword(v.ctx(), v.person.Tenant, v.person.ID, phc, v.cur.Session.ID, self(v)); err != nil {
		return err
	}
	if err := m.renew(v); err != nil {
		return err
	}
	return m.on(v)
}

// judge looks at a new password before anything is hashed (PW10, PW11), and last at whether it is the old one.
func (m *Module) judge(v *visit, next string) (problem string, err error) {
	name, identifier := m.d.Steps.Display(v.person)
	problem, err = login.WeighPassword(m.d.Policy, next, name, identifier)
	if err != nil || problem != "" || v.person.PasswordHash == "" {
		return problem, err
	}
	same, _, err := m.d.Hasher.Verify(v.ctx(), v.person.PasswordHash, next)
	if err == nil && same {
		problem = web.FieldPasswordSame
	}
	return problem, err
}

// renew makes a new session in place of this one, as strong and as old as it was: choosing a password proves nobody.
func (m *Module) renew(v *visit) error {
	p, err := m.d.People.PersonByID(v.ctx(), v.person.Tenant, v.person.ID)
	if err != nil {
		return err
	}
	s := v.cur.Session
	_, err = m.d.Sessions.SignIn(v.ctx(), v.c.Writer, v.c.Request, p.Tenant, p, session.SignIn{
		ACR: s.ACR, AMR: slices.Clone(s.AMR), Kind: "password_change", Replaces: v.cur, Since: s.AuthTime,
	})
	if errs.Is(err, errs.Forbidden) {
		return errs.Wrap(errs.Forbidden, "This account was changed meanwhile. Start again.", err)
	}
	return err
}
