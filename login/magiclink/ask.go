package magiclink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	askPath       = "/login/link"
	codePath      = "/login/link/code"
	openPath      = "/login/link/open"
	askPurpose    = "login link"
	codePurpose   = "login link code"
	maxIdentifier = 512
)

// show is the empty form. Without a flow one begins that leads to our own start page, at the sign-in page.
func (m *Module) show(c *gin.Context) error {
	st, _, done, err := m.d.Steps.Arrive(c)
	if done || err != nil {
		return err
	}
	return m.askPage(c, st, http.StatusOK, web.MailSignInPage{})
}

func (m *Module) askPage(c *gin.Context, st *login.Step, status int, p web.MailSignInPage) error {
	token, err := m.d.Steps.Token(c, askPurpose)
	if err != nil {
		return err
	}
	p.Challenge = m.d.Steps.Wanted(c, login.Asked{Purpose: login.NamedMail, Identifier: p.Identifier, Flow: st.Sealed})
	p.Lang, p.Flow, p.CSRF, p.ClientName, p.ClientLogoURI = m.d.Steps.Lang(c, st), st.Sealed, token, st.Client.Name, st.Client.LogoURI
	m.d.Steps.Render(c, status, p)
	return nil
}

// ask sends a mail if there is an account, and says the same if there is none (PW02).
func (m *Module) ask(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, askPurpose, form); err != nil {
		return err
	}
	st, err := m.d.Steps.Open(c, form.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	typed := strings.TrimSpace(form.Get("identifier"))
	if typed == "" {
		return m.askPage(c, st, http.StatusBadRequest, web.MailSignInPage{Error: web.ProblemRecoveryMissing})
	}
	if len(typed) > maxIdentifier {
		return errs.New(errs.TooLarge, "The email or username is too long.")
	}
	if to, err := m.d.Steps.Home(c, st, typed, true); err != nil || to != nil && !st.Proving() { // a second way in would know nothing of what the other service says
		if err == nil {
			m.d.Steps.Lead(c, st, to)
		}
		return err
	}
	if wait := m.d.Steps.Named(c.Request.Context(), login.NamedMail, typed); wait > 0 {
		return m.askPage(c, st, http.StatusTooManyRequests, web.MailSignInPage{Identifier: typed, RetryAfter: wait})
	}
	switch ok, err := m.d.Steps.Passed(c, login.Asked{Purpose: login.NamedMail, Identifier: typed}, form); {
	case err != nil:
		return err
	case !ok:
		return m.askPage(c, st, http.StatusForbidden, web.MailSignInPage{Identifier: typed, Error: web.ProblemChallenge})
	}
	if ok, wait := m.address.Take(ratelimit.AddrKey(httpx.ClientIP(c))); !ok {
		return m.askPage(c, st, http.StatusTooManyRequests, web.MailSignInPage{Identifier: typed, RetryAfter: wait})
	}
	if err := m.send(c, st, typed); err != nil {
		return err
	}
	return m.codePage(c, st, http.StatusOK, "")
}

func (m *Module) codePage(c *gin.Context, st *login.Step, status int, problem string) error {
	token, err := m.d.Steps.Token(c, codePurpose)
	if err != nil {
		return err
	}
	m.d.Steps.Render(c, status, web.MailCodePage{
		Lang: m.d.Steps.Lang(c, st), Flow: st.Sealed, CSRF: token, ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI, Error: problem,
		FormAction: web.FormActionSource(st.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

// account is whom a mail goes to.
type account struct {
	person *storage.Person
	to     string
	lang   string
	known  bool
}

// send does for nobody what it does for somebody.
func (m *Module) send(c *gin.Context, st *login.Step, typed string) error {
	ctx := c.Request.Context()
	a, err := m.find(ctx, typed)
	if err != nil {
		return err
	}
	switch to, err := m.d.Steps.Home(c, st, a.to, true); { // a user name is no way round it
	case err != nil:
		return err
	case to != nil && !st.Proves(a.person.ID):
		a = nobody(m.d.Steps.Tenant(), typed, m.d.Now())
	}
	if a.lang == "" {
		a.lang = m.d.Steps.Lang(c, st)
	}
	_, err = m.d.Notify.Request(ctx, notify.Request{Kind: web.MailMagicLink, To: a.to, Known: a.known}, func(ctx context.Context) error {
		sent, err := m.d.Codes.Issue(ctx, onetime.Order{
			Purpose: purpose, Person: a.person.ID, Flow: st.Flow.ID, Channel: notify.MailKind, Bound: onetime.Bound(a.person), Data: []byte(st.Sealed),
			Life: lifetime, Link: true, Typed: true,
		})
		if err != nil {
			return err
		}
		return m.d.Notify.Send(ctx, notify.Mail{
			To: a.to, Path: openPath + "?" + url.Values{"token": {sent.Token}}.Encode(), Until: sent.Until,
			Mail: web.Mail{Kind: web.MailMagicLink, Lang: a.lang, App: st.Client.Name, Code: sent.Code, Valid: lifetime},
		})
	})
	return err
}

// find is the account of what was typed, or nobody's: one that has all that a mail needs but an owner.
func (m *Module) find(ctx context.Context, typed string) (account, error) {
	tenant := m.d.Steps.Tenant()
	p, err := m.d.Directory.ByIdentifier(ctx, tenant, typed)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return account{}, err
	}
	if err == nil && p.State == storage.PersonActive {
		own, err := m.d.Directory.Claims(p)
		if err != nil {
			return account{}, err
		}
		if to := own.String("email"); to != "" {
			return account{person: p, to: to, lang: own.String("locale"), known: true}, nil
		}
	}
	return nobody(tenant, typed, m.d.Now()), nil
}

func nobody(tenant storage.ID, typed string, now time.Time) account {
	sum := sha256.Sum256([]byte(strings.ToLower(typed)))
	to := typed
	if _, err := directory.CanonicalEmail(typed); err != nil {
		to = hex.EncodeToString(sum[:16]) + "@nobody.invalid"
	}
	return account{person: &storage.Person{Tenant: tenant, ID: storage.NewID(now), EmailHash: sum[:]}, to: to}
}
