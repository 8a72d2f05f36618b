package signup

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	askPath    = "/signup"
	finishPath = "/signup/finish"
	askPurpose = "signup"
)

// show is the empty form.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	return m.askPage(c, http.StatusOK, web.SignupPage{Flow: query.Get("flow")})
}

// askPage shows the form. A flow that does not open is left out: the account can be made all the same.
func (m *Module) askPage(c *gin.Context, status int, p web.SignupPage) error {
	token, err := m.d.Steps.Token(c, askPurpose)
	if err != nil {
		return err
	}
	p.Challenge = m.d.Steps.Wanted(c, login.Asked{Purpose: login.NamedSignup, Identifier: p.Identifier, Flow: p.Flow})
	p.Lang, p.CSRF, p.Domains = m.d.Steps.Lang(c, nil), token, m.cfg.Domains
	if p.Flow == "" {
		m.d.Steps.Render(c, status, p)
		return nil
	}
	st, err := m.d.Steps.Open(c, p.Flow)
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	p.Lang, p.ClientName, p.ClientLogoURI = m.d.Steps.Lang(c, st), st.Client.Name, st.Client.LogoURI
	m.d.Steps.Render(c, status, p)
	return nil
}

// ask mails a link, or to whoever has the address that somebody wanted it. The answer is the same (PW02).
func (m *Module) ask(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, askPurpose, form); err != nil {
		return err
	}
	email, sealed := strings.TrimSpace(form.Get("identifier")), form.Get("flow")
	page := web.SignupPage{Flow: sealed, Identifier: email}
	canonical, err := directory.CanonicalEmail(email)
	if err != nil {
		page.Error = web.ProblemSignupAddress
		return m.askPage(c, http.StatusBadRequest, page)
	}
	if !m.cfg.lets(canonical) { // what the domains are is on the page
		page.Error = web.ProblemSignupDomain
		return m.askPage(c, http.StatusBadRequest, page)
	}
	if led, err := m.led(c, sealed, email); led || err != nil {
		return err
	}
	if page.RetryAfter = m.d.Steps.Named(c.Request.Context(), login.NamedSignup, email); page.RetryAfter > 0 {
		return m.askPage(c, http.StatusTooManyRequests, page)
	}
	switch ok, err := m.d.Steps.Passed(c, login.Asked{Purpose: login.NamedSignup, Identifier: email}, form); {
	case err != nil:
		return err
	case !ok:
		page.Error = web.ProblemChallenge
		return m.askPage(c, http.StatusForbidden, page)
	}
	if ok, wait := m.address.Take(ratelimit.AddrKey(httpx.ClientIP(c))); !ok {
		page.RetryAfter = wait
		return m.askPage(c, http.StatusTooManyRequests, page)
	}
	if err := m.request(c, kept{Email: email, Lang: m.d.Steps.Lang(c, nil), Flow: sealed}); err != nil {
		return err
	}
	m.d.Steps.Render(c, http.StatusOK, web.NotePage{Lang: m.d.Steps.Lang(c, nil), Note: web.NoteSignupSent})
	return nil
}

// led sends on whose address belongs to another service: their account is made when they come from there.
func (m *Module) led(c *gin.Context, sealed, email string) (bool, error) {
	st := &login.Step{Flow: new(flow.Flow)}
	if sealed != "" {
		var err error
		if st, err = m.d.Steps.Open(c, sealed); err != nil {
			return true, m.d.Steps.Refuse(c, err)
		}
	}
	to, err := m.d.Steps.Home(c, st, email, true)
	if err != nil || to == nil {
		return false, err
	}
	if sealed == "" {
		return true, httpx.SeeOther(c, m.d.Steps.Link("/login"))
	}
	m.d.Steps.Lead(c, st, to)
	return true, nil
}

// request counts both mails as one kind, so that not even how often an answer changes tells them apart.
func (m *Module) request(c *gin.Context, k kept) error {
	ctx := c.Request.Context()
	p, err := m.d.Directory.ByIdentifier(ctx, m.d.Tenant, k.Email)
	taken := err == nil
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	lang := k.Lang
	if taken {
		own, err := m.d.Directory.Claims(p)
		if err != nil {
			return err
		}
		if own.String("locale") != "" {
			lang = own.String("locale")
		}
	}
	_, err = m.d.Notify.Request(ctx, notify.Request{Kind: web.MailTaken, To: k.Email, Known: true, Stranger: true}, func(ctx context.Context) error {
		if taken {
			return m.d.Notify.Send(ctx, notify.Mail{To: k.Email, Path: "/login", Mail: web.Mail{Kind: web.MailTaken, Lang: lang}})
		}
		return m.d.issue(ctx, web.MailVerify, purposeAsked, k, lifetime)
	})
	return err
}
