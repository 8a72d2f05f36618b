package magiclink

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// typed takes the code where the sign-in began. The try is counted before it is judged; whatever is wrong with it, the answer is the same (MF07).
func (m *Module) typed(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, codePurpose, form); err != nil {
		return err
	}
	st, err := m.d.Steps.Open(c, form.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	ctx := c.Request.Context()
	code, err := m.d.Codes.Try(ctx, purpose, st.Flow.ID, storage.ID{})
	if errs.Is(err, errs.NotFound) {
		return m.wrong(c, st, storage.ID{}, "no_code")
	}
	if err != nil {
		return err
	}
	p, reason, err := m.owner(ctx, code)
	if err != nil {
		return err
	}
	if reason == "" && !m.d.Codes.Typed(code, form.Get("code"), onetime.Bound(p)) {
		reason = "wrong"
	}
	if reason == "" {
		reason, err = m.spend(c, st, code, p)
		if err != nil {
			return err
		}
	}
	if reason != "" {
		return m.wrong(c, st, code.Person, reason)
	}
	return m.finish(c, st, p)
}

// wrong answers every code that does not count.
func (m *Module) wrong(c *gin.Context, st *login.Step, person storage.ID, reason string) error {
	m.d.Failures.Add(audit.Refusal{Tenant: m.d.Steps.Tenant(), Person: person, IP: httpx.ClientIP(c), Reason: "mail_" + reason})
	m.d.Meter.AuthRequest("magic_link", "refused")
	m.d.Meter.FailedLogin("magic_link", reason)
	m.d.Logger.InfoContext(c.Request.Context(), "a mailed code was refused", slog.String("reason", reason), slog.String("error_id", httpx.ErrorID(c)))
	return m.codePage(c, st, http.StatusForbidden, web.ProblemMailCode)
}

// owner is whose code it is; reason is not empty when they may not sign in.
func (m *Module) owner(ctx context.Context, code *storage.Code) (p *storage.Person, reason string, err error) {
	p, err = m.d.People.PersonByID(ctx, m.d.Steps.Tenant(), code.Person)
	if errs.Is(err, errs.NotFound) {
		return nil, "no_person", nil
	}
	if err == nil && p.State != storage.PersonActive {
		reason = "not_active"
	}
	return p, reason, err
}

// spend uses the code, unless the request is about somebody else.
func (m *Module) spend(c *gin.Context, st *login.Step, code *storage.Code, p *storage.Person) (reason string, err error) {
	is, err := m.d.Steps.RequiredPerson(c, st)
	if err != nil {
		return "", err
	}
	if is != nil && !is(p) {
		return "other_person", nil
	}
	done, err := m.d.Codes.Spend(c.Request.Context(), code.ID, nil)
	if err != nil || done {
		return "", err
	}
	return "spent", nil
}

func (m *Module) finish(c *gin.Context, st *login.Step, p *storage.Person) error {
	if err := m.d.Steps.Finish(c, st, p, login.Proof{ACR: assurance.One, AMR: []string{"otp"}, Kind: "magic_link"}); err != nil {
		return err
	}
	m.d.Meter.AuthRequest("magic_link", "success")
	return nil
}

// linked is a link that works in this browser.
type linked struct {
	step   *login.Step
	code   *storage.Code
	person *storage.Person
}

// open judges a link. errs.NotFound whatever is wrong with it; elsewhere says that it is good, and this is not the browser that asked (PW19).
func (m *Module) open(c *gin.Context, token string) (l *linked, elsewhere bool, err error) {
	ctx := c.Request.Context()
	code, err := m.d.Codes.Find(ctx, purpose, token)
	if err != nil {
		return nil, false, err
	}
	p, reason, err := m.owner(ctx, code)
	if err != nil {
		return nil, false, err
	}
	if reason != "" || !m.d.Codes.Linked(code, token, onetime.Bound(p)) {
		return nil, false, errs.New(errs.NotFound, "This link works no longer.")
	}
	sealed, err := m.d.Codes.Data(code)
	if err != nil {
		return nil, false, err
	}
	st, err := m.d.Steps.Open(c, string(sealed))
	if errs.Is(err, errs.Invalid) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	return &linked{step: st, code: code, person: p}, false, nil
}

// look is the page with the button. It uses nothing: mail scanners look too.
func (m *Module) look(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	l, elsewhere, err := m.open(c, query.Get("token"))
	if l == nil {
		return m.note(c, elsewhere, err)
	}
	token, err := m.d.Steps.Token(c, openPath)
	if err != nil {
		return err
	}
	m.d.Steps.Render(c, http.StatusOK, web.MailLinkPage{
		Lang: m.d.Steps.Lang(c, l.step), CSRF: token, Token: query.Get("token"), ClientName: l.step.Client.Name, ClientLogoURI: l.step.Client.LogoURI,
		FormAction: web.FormActionSource(l.step.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

func (m *Module) note(c *gin.Context, elsewhere bool, err error) error {
	note, status := web.NoteMailLinkEnded, http.StatusNotFound
	if elsewhere {
		note, status = web.NoteMailLinkElsewhere, http.StatusOK
	} else if !errs.Is(err, errs.NotFound) {
		return err
	}
	m.d.Steps.Render(c, status, web.NotePage{Lang: m.d.Steps.Lang(c, nil), Note: note})
	return nil
}

// follow signs in by the link.
func (m *Module) follow(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, openPath, form); err != nil {
		return err
	}
	l, elsewhere, err := m.open(c, form.Get("token"))
	if l == nil {
		return m.note(c, elsewhere, err)
	}
	reason, err := m.spend(c, l.step, l.code, l.person)
	if err != nil {
		return err
	}
	if reason != "" {
		return m.note(c, false, errs.New(errs.NotFound, "This link works no longer."))
	}
	return m.finish(c, l.step, l.person)
}
