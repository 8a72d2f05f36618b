package setup

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	formPurpose = "setup"
	maxName     = 100 // characters
)

// show is the form, for a good link only.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if _, err := m.d.Links.valid(c.Request.Context(), query.Get("token")); err != nil {
		return err
	}
	return m.form(c, http.StatusOK, url.Values{"token": {query.Get("token")}}, nil)
}

// complete makes the administrator and signs them in. The link is looked at before
// anything is hashed and spent with the insert, so of all who hold it one wins.
func (m *Module) complete(c *gin.Context) error {
	ctx := c.Request.Context()
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, formPurpose, form); err != nil {
		return err
	}
	hash, err := m.d.Links.valid(ctx, form.Get("token"))
	if err != nil {
		return err
	}
	if problems := m.judge(form); len(problems) > 0 {
		return m.form(c, http.StatusBadRequest, form, problems)
	}
	admin, err := m.build(ctx, form)
	if err != nil {
		return err
	}
	err = m.spend(ctx, hash, admin)
	switch {
	case errs.Is(err, errs.Forbidden):
		return closed()
	case errs.Is(err, errs.Conflict):
		return m.form(c, http.StatusConflict, form, map[string]string{"email": web.FieldEmailTaken})
	case err != nil:
		return err
	}
	return m.done(c, admin, form.Get("email"))
}

// judge says what is wrong with the fields.
func (m *Module) judge(form url.Values) map[string]string {
	email, name, pw := strings.TrimSpace(form.Get("email")), strings.TrimSpace(form.Get("name")), form.Get("password")
	problems := map[string]string{}
	if email == "" {
		problems["email"] = web.FieldEmailMissing
	} else if _, err := directory.CanonicalEmail(email); err != nil {
		problems["email"] = web.FieldEmailFormat
	}
	switch {
	case name == "":
		problems["name"] = web.FieldNameMissing
	case utf8.RuneCountInString(name) > maxName:
		problems["name"] = web.FieldNameLong
	}
	if found := m.d.Policy.Check(pw, email, name); pw == "" {
		problems["password"] = web.FieldPasswordMissing
	} else if len(found) > 0 {
		problems["password"] = "field." + found[0]
	}
	return problems
}

func (m *Module) build(ctx context.Context, form url.Values) (*storage.Person, error) {
	phc, err := m.d.Hasher.Hash(ctx, form.Get("password"))
	if err != nil {
		return nil, err
	}
	return m.d.People.Build(m.d.Links.d.Tenant, directory.NewPerson{
		Claims:       directory.Claims{"email": strings.TrimSpace(form.Get("email")), "name": strings.TrimSpace(form.Get("name"))},
		PasswordHash: phc, Admin: true,
	})
}

func (m *Module) spend(ctx context.Context, hash []byte, admin *storage.Person) error {
	l := m.d.Links.d
	ev := m.d.Audit.Row(ctx, l.Tenant, audit.Event{
		Type: audit.SetupComplete, Severity: audit.Notice, ActorKind: audit.Operator, Target: "person:" + admin.ID.String(),
	})
	return l.Links.SpendSetupLink(ctx, l.Tenant, hash, l.Now(), admin, ev)
}

// done signs the administrator in and says what is next.
func (m *Module) done(c *gin.Context, admin *storage.Person, email string) error {
	in := session.SignIn{ACR: "1", AMR: []string{"pwd"}, Kind: "setup"}
	if _, err := m.d.Sessions.SignIn(c.Request.Context(), c.Writer, c.Request, admin.Tenant, admin, in); err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.SetupDonePage{
		Lang: m.d.Pages.Locale(c.Request, ""), Email: strings.TrimSpace(email), Issuer: m.d.Links.d.Issuer,
	})
	return nil
}

func (m *Module) form(c *gin.Context, status int, form url.Values, problems map[string]string) error {
	token, err := m.d.Forms.Token(c, formPurpose)
	if err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, status, web.SetupPage{
		Lang: m.d.Pages.Locale(c.Request, ""), Token: form.Get("token"), CSRF: token, Errors: problems,
		Email: form.Get("email"), Name: form.Get("name"), MinPasswordLength: m.d.MinLength,
	})
	return nil
}
