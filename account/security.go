package account

import (
	"context"
	"net/http"
	"net/url"
	"time"

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
	securityPath = "/account/security"
	// freshFor is how long a proof counts for changes of what signs a person in.
	freshFor = 10 * time.Minute
)

// Factors keeps second factors.
type Factors interface {
	FactorsOf(ctx context.Context, tenant, person storage.ID) ([]storage.Factor, error)
	RenameFactor(ctx context.Context, tenant, person, id storage.ID, name seal.Text, ev *storage.AuditEvent) error
	DeleteFactor(ctx context.Context, tenant, person, id storage.ID, ev *storage.AuditEvent) error
}

// Authenticators adds authenticator apps: a secret that waits, what it is, and the code that makes it count. errs.NotFound for one that does not
// wait for this person (any more), errs.Conflict when there are as many as there may be.
type Authenticators interface {
	Begin(ctx context.Context, p *storage.Person) (storage.ID, error)
	Waiting(ctx context.Context, p *storage.Person, id storage.ID, identifier string) (key, uri string, err error)
	Confirm(ctx context.Context, p *storage.Person, id storage.ID, typed, name string) (bool, error)
}

// BackupCodes makes and counts them.
type BackupCodes interface {
	Left(ctx context.Context, p *storage.Person) (left, of int, err error)
	Make(ctx context.Context, p *storage.Person) ([]string, error)
}

// SecondFactors says whether a person is asked for a second factor when they sign in.
type SecondFactors interface {
	Has(ctx context.Context, p *storage.Person) (bool, error)
	// Reach is the class that a session could be stepped up to; "" when its person has nothing more to show.
	Reach(ctx context.Context, cur *storage.Session, p *storage.Person) (string, error)
}

// Vault seals the names that people give (internal/keys.Ring).
type Vault interface {
	Seal(at seal.Location, plaintext []byte) seal.Text
	Open(at seal.Location, t seal.Text) ([]byte, error)
}

// Recorder makes audit rows (audit.Recorder).
type Recorder interface {
	Row(ctx context.Context, tenant storage.ID, e audit.Event) *storage.AuditEvent
}

// Security is what the page about signing in needs; everything is required but Links.
type Security struct {
	Factors Factors
	Apps    Authenticators
	Codes   BackupCodes
	Second  SecondFactors
	Vault   Vault
	Audit   Recorder
	Now     func() time.Time
	Links   []web.SecurityLink // pages of other factors
}

func (s *Security) complete() bool {
	return s == nil || s.Factors != nil && s.Apps != nil && s.Codes != nil && s.Second != nil && s.Vault != nil && s.Audit != nil && s.Now != nil
}

func (m *Module) mountSecurity(r httpx.Router) {
	if m.d.Security == nil {
		return
	}
	r.Handle(http.MethodGet, securityPath, httpx.Page, m.showSecurity)
	r.Handle(http.MethodPost, securityPath, httpx.Page, m.changeSecurity)
	r.Handle(http.MethodGet, enrolPath+":id", httpx.Page, m.showEnrol)
	r.Handle(http.MethodPost, enrolPath+":id", httpx.Page, m.confirmEnrol)
}

// Proved is who is signed in and has just proved it, with a second factor if they have one: what signs a person in changes by nothing less (MF04). done says
// that the browser was sent to sign in and will come back.
func (m *Module) Proved(c *gin.Context, back string) (cur *session.Current, done bool, err error) {
	cur, done, err = m.signedIn(c, back)
	if done || err != nil {
		return nil, done, err
	}
	ok, err := m.recently(c.Request.Context(), cur)
	if err != nil || ok {
		return cur, false, err
	}
	return nil, true, m.prove(c, cur, back)
}

// prove sends the browser to sign in once more, and from there back. Where only the second factor is missing, it is asked for alone: a passkey that nobody
// was asked for at the sign-in.
func (m *Module) prove(c *gin.Context, cur *session.Current, back string) error {
	if m.fresh(cur) && !assurance.Meets(cur.Session.ACR, assurance.Two) {
		more, err := m.d.Security.Second.Reach(c.Request.Context(), cur.Session, cur.Person)
		if err != nil {
			return err
		}
		if more != "" {
			return m.lead(c, "/login/mfa", back, nil)
		}
	}
	return m.signIn(c, back, url.Values{"prompt": {"login"}})
}

func (m *Module) fresh(cur *session.Current) bool {
	age := m.d.Security.Now().Sub(cur.Session.AuthTime)
	return age < freshFor && age > -freshFor
}

// recently says whether the proof behind a session is fresh, and of two factors where the person has two.
func (m *Module) recently(ctx context.Context, cur *session.Current) (bool, error) {
	if ok, err := m.held(ctx, cur); !ok || err != nil || !m.fresh(cur) {
		return false, err
	}
	if assurance.Meets(cur.Session.ACR, assurance.Two) {
		return true, nil
	}
	more, err := m.d.Security.Second.Reach(ctx, cur.Session, cur.Person)
	return more == "" && err == nil, err
}

// showSecurity lists what signs the person in.
func (m *Module) showSecurity(c *gin.Context) error {
	cur, done, err := m.signedIn(c, securityPath)
	if done || err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	said := map[string]string{"added": web.SecurityAdded, "renamed": web.SecurityRenamed, "removed": web.SecurityRemoved}[query.Get("done")]
	return m.securityPage(c, cur, http.StatusOK, func(p *web.SecurityPage) { p.Done = said })
}

func (m *Module) securityPage(c *gin.Context, cur *session.Current, status int, change func(*web.SecurityPage)) error {
	ctx, s := c.Request.Context(), m.d.Security
	token, err := m.d.Forms.Token(c, securityPurpose(cur))
	if err != nil {
		return err
	}
	page := web.SecurityPage{Lang: m.lang(c), CSRF: token, Links: s.Links}
	if page.Proved, err = m.recently(ctx, cur); err != nil {
		return err
	}
	if page.Factors, err = m.factorRows(ctx, cur.Person); err != nil {
		return err
	}
	if page.Second, err = s.Second.Has(ctx, cur.Person); err != nil {
		return err
	}
	if page.Codes, page.CodesOf, err = s.Codes.Left(ctx, cur.Person); err != nil {
		return err
	}
	change(&page)
	m.d.Pages.Render(c.Writer, c.Request, status, page)
	return nil
}

func (m *Module) factorRows(ctx context.Context, p *storage.Person) ([]web.FactorRow, error) {
	all, err := m.d.Security.Factors.FactorsOf(ctx, m.d.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	var rows []web.FactorRow
	for i := range all {
		f := &all[i]
		if f.Kind != storage.KindTOTP || f.State != storage.FactorConfirmed {
			continue
		}
		row := web.FactorRow{ID: f.ID.String(), Since: f.CreatedAt}
		if f.LastUsedAt != nil {
			row.LastUsed = *f.LastUsedAt
		}
		if !f.Name.IsZero() {
			name, err := m.d.Security.Vault.Open(nameAt(f.Tenant, f.ID), f.Name)
			if err != nil {
				return nil, err
			}
			row.Name = string(name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// changeSecurity does what a form of the page asks for. Without a fresh proof every one of them leads to proving it.
func (m *Module) changeSecurity(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.signedIn(c, securityPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, securityPurpose(cur), form); err != nil {
		return err
	}
	ok, err := m.recently(c.Request.Context(), cur)
	switch {
	case err != nil:
		return err
	case !ok || form.Get("action") == "prove":
		return m.prove(c, cur, securityPath)
	}
	return m.doSecurity(c, cur, form)
}

func (m *Module) doSecurity(c *gin.Context, cur *session.Current, form url.Values) error {
	switch form.Get("action") {
	case "add":
		return m.addApp(c, cur)
	case "codes":
		return m.makeCodes(c, cur)
	case "rename":
		return m.renameFactor(c, cur, form)
	case "ask":
		return m.securityPage(c, cur, http.StatusOK, func(p *web.SecurityPage) { p.RemoveAsk = form.Get("factor") })
	case "remove":
		return m.removeFactor(c, cur, form)
	}
	return errs.New(errs.Invalid, "There is no such action.")
}

func (m *Module) back(c *gin.Context, done string) error {
	return httpx.SeeOther(c, m.d.Issuer+securityPath+"?"+url.Values{"done": {done}}.Encode())
}

// securityPurpose binds the forms to the session that they were shown in.
func securityPurpose(cur *session.Current) string {
	return "account security " + cur.Session.ID.String()
}

// nameAt is where the name of a factor lives.
func nameAt(tenant, id storage.ID) seal.Location {
	return seal.Location{Table: storage.Factor{}.TableName(), Column: "name", Tenant: tenant, Row: id}
}
