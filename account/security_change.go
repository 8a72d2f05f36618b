package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	enrolPath = securityPath + "/totp/"
	maxName   = 64 // characters of a factor's name
)

// addApp makes a secret and shows it.
func (m *Module) addApp(c *gin.Context, cur *session.Current) error {
	id, err := m.d.Security.Apps.Begin(c.Request.Context(), cur.Person)
	if errs.Is(err, errs.Conflict) {
		return m.securityPage(c, cur, http.StatusConflict, func(p *web.SecurityPage) { p.Error = web.ProblemFactorsFull })
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+enrolPath+id.String())
}

func (m *Module) showEnrol(c *gin.Context) error {
	cur, id, done, err := m.enrolling(c)
	if done || err != nil {
		return err
	}
	return m.enrolPage(c, cur, id, http.StatusOK, "", "")
}

// enrolling is whose app is being added.
func (m *Module) enrolling(c *gin.Context) (cur *session.Current, id storage.ID, done bool, err error) {
	if cur, done, err = m.Proved(c, securityPath); done || err != nil {
		return nil, id, done, err
	}
	if id, err = storage.ParseID(c.Param("id")); err != nil {
		return nil, id, false, errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	return cur, id, false, nil
}

func (m *Module) enrolPage(c *gin.Context, cur *session.Current, id storage.ID, status int, problem, name string) error {
	_, identifier := m.d.Directory.Display(cur.Person)
	key, uri, err := m.d.Security.Apps.Waiting(c.Request.Context(), cur.Person, id, identifier)
	if err != nil {
		return err
	}
	token, err := m.d.Forms.Token(c, securityPurpose(cur))
	if err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, status, web.EnrolPage{
		Lang: m.lang(c), CSRF: token, ID: id.String(), Key: key, URI: uri, Name: name, Error: problem,
	})
	return nil
}

// confirmEnrol makes the app count if the code is its own. The session then stands on it too: both were proved just now.
func (m *Module) confirmEnrol(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, id, done, err := m.enrolling(c)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, securityPurpose(cur), form); err != nil {
		return err
	}
	name := factorName(form.Get("name"))
	if form.Get("code") == "" {
		return m.enrolPage(c, cur, id, http.StatusBadRequest, web.ProblemCodeMissing, name)
	}
	ok, err := m.d.Security.Apps.Confirm(c.Request.Context(), cur.Person, id, form.Get("code"), name)
	if err != nil {
		return err
	}
	if !ok {
		return m.enrolPage(c, cur, id, http.StatusForbidden, web.ProblemCode, name)
	}
	if err := m.strengthen(c, cur, "otp"); err != nil {
		return err
	}
	return m.back(c, "added")
}

// strengthen makes the session one of two factors, as old as its first.
func (m *Module) strengthen(c *gin.Context, cur *session.Current, method string) error {
	ctx := c.Request.Context()
	p, err := m.d.People.PersonByID(ctx, m.d.Tenant, cur.Person.ID)
	if err != nil {
		return err
	}
	_, err = m.d.Sessions.SignIn(ctx, c.Writer, c.Request, m.d.Tenant, p, session.SignIn{
		ACR: assurance.Stronger(cur.Session.ACR, assurance.Two), AMR: assurance.Join(cur.Session.AMR, []string{method}),
		Kind: "factor_added", Since: cur.Session.AuthTime, Replaces: cur,
	})
	return err
}

// makeCodes shows a new set of backup codes, this once. Whoever has no second factor has nothing to back up.
func (m *Module) makeCodes(c *gin.Context, cur *session.Current) error {
	ctx := c.Request.Context()
	has, err := m.d.Security.Second.Has(ctx, cur.Person)
	if err != nil {
		return err
	}
	if !has {
		return httpx.SeeOther(c, m.d.Issuer+securityPath)
	}
	codes, err := m.d.Security.Codes.Make(ctx, cur.Person)
	if err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.CodesPage{Lang: m.lang(c), Codes: codes})
	return nil
}

func (m *Module) renameFactor(c *gin.Context, cur *session.Current, form url.Values) error {
	id, err := storage.ParseID(form.Get("factor"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	var name seal.Text
	if text := factorName(form.Get("name")); text != "" {
		name = m.d.Security.Vault.Seal(nameAt(m.d.Tenant, id), []byte(text))
	}
	ctx := c.Request.Context()
	if err := m.d.Security.Factors.RenameFactor(ctx, m.d.Tenant, cur.Person.ID, id, name, m.factorEvent(ctx, cur, audit.FactorUpdate, map[string]any{"factor": id.String()})); err != nil {
		return err
	}
	return m.back(c, "renamed")
}

func (m *Module) removeFactor(c *gin.Context, cur *session.Current, form url.Values) error {
	id, err := storage.ParseID(form.Get("factor"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "There is nothing here.", err)
	}
	ctx := c.Request.Context()
	kind, err := m.kindOf(ctx, cur.Person, id)
	if err != nil {
		return err
	}
	ev := m.factorEvent(ctx, cur, audit.FactorDelete, map[string]any{"factor": id.String(), "kind": kind})
	if err := m.d.Security.Factors.DeleteFactor(ctx, m.d.Tenant, cur.Person.ID, id, ev); err != nil {
		return err
	}
	return m.back(c, "removed")
}

// kindOf is the kind of a person's factor; "" when it is none of theirs.
func (m *Module) kindOf(ctx context.Context, p *storage.Person, id storage.ID) (string, error) {
	all, err := m.d.Security.Factors.FactorsOf(ctx, m.d.Tenant, p.ID)
	for _, f := range all {
		if f.ID == id {
			return f.Kind, nil
		}
	}
	return "", err
}

func (m *Module) factorEvent(ctx context.Context, cur *session.Current, typ string, data map[string]any) *storage.AuditEvent {
	person := cur.Person.ID.String()
	return m.d.Security.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: typ, Severity: audit.Notice, ActorKind: audit.Person, Actor: person, Target: "person:" + person, Data: data,
	})
}

// factorName is what was typed as one short line.
func factorName(typed string) string {
	typed = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(typed, ""), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(typed); len(runes) > maxName {
		return string(runes[:maxName])
	}
	return typed
}
