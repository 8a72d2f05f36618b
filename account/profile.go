package account

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const profilePath = "/account/profile"

// Profiles opens profiles and changes what people may change of theirs (internal/directory).
type Profiles interface {
	Claims(p *storage.Person) (directory.Claims, error)
	UpdateOwn(ctx context.Context, p *storage.Person, values map[string]string) (problems []string, err error)
	IsOwn(name string) bool
}

// showProfile is the profile as it stands.
func (m *Module) showProfile(c *gin.Context) error {
	cur, done, err := m.signedIn(c, profilePath)
	if done || err != nil {
		return err
	}
	return m.profilePage(c, cur, http.StatusOK, nil, nil)
}

// saveProfile takes the person's own claims. A field that is nobody's to send (email_verified, sub, admin) refuses the whole form and is on record (PW22).
func (m *Module) saveProfile(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.signedIn(c, profilePath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, profilePurpose(cur), form); err != nil {
		return err
	}
	values := map[string]string{}
	for name := range form {
		switch {
		case name == session.FormField:
		case !m.d.Profiles.IsOwn(name):
			return m.overreached(c, cur)
		default:
			values[name] = form.Get(name)
		}
	}
	return m.saveOwn(c, cur, values)
}

func (m *Module) saveOwn(c *gin.Context, cur *session.Current, values map[string]string) error {
	ctx := c.Request.Context()
	person, err := m.d.People.PersonByID(ctx, m.d.Tenant, cur.Person.ID)
	if err != nil {
		return err
	}
	problems, err := m.d.Profiles.UpdateOwn(ctx, person, values)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return m.profilePage(c, cur, http.StatusBadRequest, values, problems)
	}
	if cur.Person, err = m.d.People.PersonByID(ctx, m.d.Tenant, cur.Person.ID); err != nil {
		return err
	}
	return m.profilePage(c, cur, http.StatusOK, values, nil)
}

// overreached refuses, and writes down, a form that would change what is not the person's to change.
func (m *Module) overreached(c *gin.Context, cur *session.Current) error {
	ctx, id := c.Request.Context(), cur.Person.ID.String()
	ev := m.d.Audit.Row(ctx, m.d.Tenant, audit.Event{
		Type: audit.UserUpdate, Severity: audit.Warning, ActorKind: audit.Person, Actor: id, Target: "person:" + id, Outcome: audit.Failure, Reason: "not_editable",
	})
	if err := m.d.Events.AppendAudit(ctx, ev); err != nil {
		return err
	}
	return errs.New(errs.Invalid, "This form holds what you cannot change here.")
}

// profilePage shows what stands, or with problems what was sent.
func (m *Module) profilePage(c *gin.Context, cur *session.Current, status int, sent map[string]string, problems []string) error {
	token, err := m.d.Forms.Token(c, profilePurpose(cur))
	if err != nil {
		return err
	}
	claims, err := m.d.Profiles.Claims(cur.Person)
	if err != nil {
		return err
	}
	page := web.ProfilePage{
		Lang: m.lang(c), CSRF: token, Values: map[string]string{}, Errors: map[string]string{}, Saved: sent != nil && len(problems) == 0,
		Username: claims.String("username"), Email: claims.String("email"), EmailVerified: claims.Bool("email_verified"),
		Phone: claims.String("phone_number"), PhoneVerified: claims.Bool("phone_number_verified"), Contact: m.d.Contact,
	}
	value := func(name string) string {
		if text, given := sent[name]; given && len(problems) > 0 {
			return text
		}
		return claims.Form(name)
	}
	for _, name := range directory.Own() {
		page.Values[name] = value(name)
	}
	page.Attributes = attributes.Pages(m.d.Attributes.Those(attributes.Attribute.Own), page.Lang, value, func(name string) bool { return slices.Contains(problems, name) })
	page.Shown = m.shown(page.Lang, claims)
	for _, name := range problems {
		page.Errors[name] = problemOf(name)
	}
	m.d.Pages.Render(c.Writer, c.Request, status, page)
	return nil
}

// shown are the attributes that the person sees and does not change.
func (m *Module) shown(lang string, claims directory.Claims) []web.Attribute {
	return attributes.Pages(m.d.Attributes.Those(func(a attributes.Attribute) bool {
		return a.Seen() && !a.Own() && claims[a.Name] != nil
	}), lang, claims.Form, nil)
}

// problemOf says what a claim has to look like.
func problemOf(name string) string {
	switch name {
	case "picture", "website", "profile":
		return web.FieldProfileURL
	case "birthdate":
		return web.FieldProfileDate
	case "zoneinfo":
		return web.FieldProfileZone
	case "locale":
		return web.FieldProfileLocale
	}
	return web.FieldProfileText
}

func profilePurpose(cur *session.Current) string {
	return "account profile " + cur.Session.ID.String()
}
