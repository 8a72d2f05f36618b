package magiclink

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// try is a link or a code on its way through its table.
type try struct {
	m     *Module
	c     *gin.Context
	token string // of a link
	typed string // a code

	step      *login.Step // of a code: where it is typed
	code      *storage.Code
	person    *storage.Person
	elsewhere bool // the link is good, and this is not the browser that asked
}

// typed takes the code where the sign-in began. Whatever is wrong with it, the answer is the same (MF07).
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
	a := &try{c: c, typed: form.Get("code"), step: st}
	reason, err := m.judge(a, rows().code, rows().use)
	if err != nil {
		return err
	}
	if reason != "" {
		return m.wrong(a, reason)
	}
	return m.finish(a)
}

// wrong answers every code that does not count.
func (m *Module) wrong(a *try, reason string) error {
	refusal := audit.Refusal{Tenant: m.d.Steps.Tenant(), IP: httpx.ClientIP(a.c), Reason: "mail_" + reason}
	if a.code != nil {
		refusal.Person = a.code.Person
	}
	m.d.Failures.Add(refusal)
	m.d.Meter.AuthRequest("magic_link", "refused")
	m.d.Meter.FailedLogin("magic_link", reason)
	m.d.Logger.InfoContext(a.c.Request.Context(), "a mailed code was refused", slog.String("reason", reason), slog.String("error_id", httpx.ErrorID(a.c)))
	return m.codePage(a.c, a.step, http.StatusForbidden, web.ProblemMailCode)
}

func (m *Module) finish(a *try) error {
	if err := m.d.Steps.Finish(a.c, a.step, a.person, login.Proof{ACR: assurance.One, AMR: []string{"otp"}, Kind: "magic_link"}); err != nil {
		return err
	}
	m.d.Meter.AuthRequest("magic_link", "success")
	return nil
}

// look is the page with the button. It uses nothing: mail scanners look too.
func (m *Module) look(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	a := &try{c: c, token: query.Get("token")}
	if reason, err := m.judge(a, rows().link); err != nil || reason != "" {
		return m.note(a, err)
	}
	token, err := m.d.Steps.Token(c, openPath)
	if err != nil {
		return err
	}
	m.d.Steps.Render(c, http.StatusOK, web.MailLinkPage{
		Lang: m.d.Steps.Lang(c, a.step), CSRF: token, Token: a.token, ClientName: a.step.Client.Name, ClientLogoURI: a.step.Client.LogoURI,
		FormAction: web.FormActionSource(a.step.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

// note answers a link that does not work, or not here.
func (m *Module) note(a *try, err error) error {
	if err != nil {
		return err
	}
	note, status := web.NoteMailLinkEnded, http.StatusNotFound
	if a.elsewhere {
		note, status = web.NoteMailLinkElsewhere, http.StatusOK
	}
	m.d.Steps.Render(a.c, status, web.NotePage{Lang: m.d.Steps.Lang(a.c, nil), Note: note})
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
	a := &try{c: c, token: form.Get("token")}
	if reason, err := m.judge(a, rows().link, rows().use); err != nil || reason != "" {
		return m.note(a, err)
	}
	return m.finish(a)
}
