package signup

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const finishPurpose = "signup finish"

// visit is somebody who follows a link.
type visit struct {
	m     *Module
	c     *gin.Context
	token string
	code  *storage.Code
	kept
}

// note shows a page that says one thing.
func (m *Module) note(c *gin.Context, status int, n web.Note) error {
	m.d.Steps.Render(c, status, web.NotePage{Lang: m.d.Steps.Lang(c, nil), Note: n})
	return nil
}

// follow is the link of a browser that may use it; done says that the browser was told why it may not.
func (m *Module) follow(c *gin.Context, token string) (v *visit, done bool, err error) {
	v = &visit{m: m, c: c, token: token}
	switch reason, err := m.judge(v); {
	case err != nil:
		return nil, true, err
	case reason == somebodyIsIn:
		return nil, true, m.note(c, http.StatusForbidden, web.NoteSignupSomebody)
	case reason != "":
		return nil, true, m.note(c, http.StatusNotFound, web.NoteSignupEnded)
	}
	return v, false, nil
}

// showFinish is the form for the rest. Looking at it uses nothing: mail scanners do so too.
func (m *Module) showFinish(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	o, done, err := m.follow(c, query.Get("token"))
	if done || err != nil {
		return err
	}
	return m.finishPage(c, o, http.StatusOK, web.SignupFinishPage{Attributes: m.asked(c, nil, nil)})
}

func (m *Module) finishPage(c *gin.Context, o *visit, status int, p web.SignupFinishPage) error {
	token, err := m.d.Steps.Token(c, finishPurpose)
	if err != nil {
		return err
	}
	p.Lang, p.CSRF, p.Token, p.Identifier, p.MinPasswordLength = m.d.Steps.Lang(c, nil), token, o.token, o.Email, m.d.MinLength
	m.d.Steps.Render(c, status, p)
	return nil
}

// finish makes the account. Of the form only the name, the password and the attributes that are asked for are read: whatever else somebody says of themselves is not (PW22).
func (m *Module) finish(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, finishPurpose, form); err != nil {
		return err
	}
	o, done, err := m.follow(c, form.Get("token"))
	if done || err != nil {
		return err
	}
	name, next := strings.TrimSpace(form.Get("name")), form.Get("new_password")
	problems, err := m.weigh(o, name, next)
	if err != nil {
		return err
	}
	more, wrong := m.attributes(form)
	if len(problems)+len(wrong) > 0 {
		return m.finishPage(c, o, http.StatusBadRequest, web.SignupFinishPage{Name: name, Errors: problems, Attributes: m.asked(c, form, wrong)})
	}
	ctx := c.Request.Context()
	phc, err := m.d.Hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	p, err := m.create(ctx, o, name, phc, more)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Conflict): // used meanwhile, or the address is somebody's by now
		return m.note(c, http.StatusNotFound, web.NoteSignupEnded)
	case err != nil:
		return err
	}
	return m.goOn(c, o, p)
}

// weigh looks at name and password without hashing (PW10).
func (m *Module) weigh(o *visit, name, next string) (map[string]string, error) {
	problems := map[string]string{}
	if name != "" {
		if _, err := (directory.Claims{"name": name}).Validate(); err != nil {
			problems["name"] = web.FieldSignupName
		}
	}
	problem, err := login.WeighPassword(m.d.Policy, next, name, o.Email)
	if problem != "" {
		problems["new_password"] = problem
	}
	return problems, err
}

// attributes reads those that sign-up asks for; wrong names those that cannot be taken.
func (m *Module) attributes(form url.Values) (values directory.Claims, wrong []string) {
	values = directory.Claims{}
	for _, a := range m.d.Attributes.Those(attributes.Attribute.Asked) {
		switch value, problem := m.d.Attributes.Parse(a.Name, form.Get(a.Name)); {
		case problem != "":
			wrong = append(wrong, a.Name)
		case value != nil:
			values[a.Name] = value
		}
	}
	return values, wrong
}

// asked are the attributes on the page, with what was sent.
func (m *Module) asked(c *gin.Context, form url.Values, wrong []string) []web.Attribute {
	return attributes.Pages(m.d.Attributes.Those(attributes.Attribute.Asked), m.d.Steps.Lang(c, nil), form.Get, func(name string) bool { return slices.Contains(wrong, name) })
}

// create spends the link and makes the account in one transaction: of two that come together one wins.
func (m *Module) create(ctx context.Context, o *visit, name, phc string, more directory.Claims) (p *storage.Person, err error) {
	claims := directory.Claims{"email": o.Email, "email_verified": true, "locale": o.Lang}
	maps.Copy(claims, more)
	if name != "" {
		claims["name"] = name
	}
	actor := directory.Actor{Kind: audit.Person, ID: o.code.Person.String()}
	err = m.d.Tx.InTx(ctx, func(ctx context.Context) error {
		ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
			Type: audit.UserSignup, Severity: audit.Info, ActorKind: actor.Kind, Actor: actor.ID, Target: "person:" + actor.ID, Data: map[string]any{"by": o.code.Purpose},
		})
		spent, err := m.d.Codes.Spend(ctx, o.code.ID, ev)
		if err != nil {
			return err
		}
		if !spent {
			return errs.New(errs.NotFound, "This link works no longer.")
		}
		p, err = m.d.Directory.Create(ctx, m.d.Tenant, directory.NewPerson{ID: o.code.Person, Claims: claims, PasswordHash: phc}, actor)
		return err
	})
	return p, err
}

// goOn signs the new person in where the sign-in that led here is still open in this browser; anybody else signs in by themselves.
func (m *Module) goOn(c *gin.Context, o *visit, p *storage.Person) error {
	if o.Flow != "" {
		if st, err := m.d.Steps.Open(c, o.Flow); err == nil {
			return m.d.Steps.Finish(c, st, p, login.Proof{ACR: assurance.One, AMR: []string{"pwd"}, Kind: "signup"})
		}
	}
	return m.note(c, http.StatusOK, web.NoteSignupDone)
}
