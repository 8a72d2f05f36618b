package consent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

// asked is one request of the screen with everything it shows.
type asked struct {
	sealed string
	flow   *flow.Flow
	cur    *session.Current
	view   View
}

// open reads the flow and judges it again. done says that the answer is written:
// the flow does not open here, or nobody is signed in.
func (m *Module) open(c *gin.Context, sealed string) (a *asked, done bool, err error) {
	ctx := c.Request.Context()
	fl, err := m.d.Flows.Open(sealed, m.d.Sessions.Browser(c.Writer, c.Request).ID)
	if errs.Is(err, errs.Invalid) || err == nil && (fl.Client == "" || fl.Tenant != m.d.Tenant) {
		return nil, true, m.expired(c, err)
	}
	if err != nil {
		return nil, true, err
	}
	cur, err := m.d.Sessions.Current(ctx, c.Request, m.d.Tenant)
	if err != nil {
		return nil, true, err
	}
	if cur == nil { // the dispatcher knows what is missing
		return nil, true, httpx.SeeOther(c, m.d.Flows.ReturnURL(m.d.Issuer, sealed, ""))
	}
	view, err := m.d.Requests.ConsentView(ctx, fl, cur)
	if err != nil {
		return nil, true, err
	}
	a = &asked{sealed: sealed, flow: fl, cur: cur, view: view}
	return a, false, m.stepUp(ctx, a)
}

// expired answers a flow that is stale or another browser's: no code, no redirect.
func (m *Module) expired(c *gin.Context, err error) error {
	page := web.ExpiredPage{Lang: m.d.Pages.Locale(c.Request, "")}
	if again, ok := flow.AgainOf(err); ok && again.Client != "" && again.Tenant == m.d.Tenant {
		name, start, err := m.d.Starts.ClientStart(c.Request.Context(), m.d.Tenant, again.Client)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		page.ClientName, page.BackURL = name, start
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusBadRequest, page)
	return nil
}

// show is the screen.
func (m *Module) show(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	a, done, err := m.open(c, query.Get("flow"))
	if done || err != nil {
		return err
	}
	token, err := m.d.Forms.Token(c, a.purpose())
	if err != nil {
		return err
	}
	declined, err := m.declined(c, a)
	if err != nil {
		return err
	}
	name, identifier := m.d.Names.Display(a.cur.Person)
	v := a.view
	lang := m.d.Pages.Locale(c.Request, a.flow.Params.Get("ui_locales"))
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ConsentPage{
		Lang: lang, Flow: a.sealed, CSRF: token,
		ClientName: v.Name, ClientLogoURI: v.LogoURI, ClientHost: v.Host, ClientDocument: v.Described, Verified: v.Verified, Agent: v.Agent,
		Person: name, PersonIdentifier: identifier, Scopes: shown(v.Scopes, declined, lang, false), Allowed: shown(v.Scopes, nil, lang, true),
		Until: v.Until, ManageURL: appsPath,
		PolicyURI: v.PolicyURI, TosURI: v.TosURI, FormAction: v.FormAction,
	})
	return nil
}

// appsPath is where a person's own pages list and end what is allowed.
const appsPath = "/account/apps"

// shown are the scopes on the page, those that were allowed before or the others. A switch is on unless the person turned it off
// the last time.
func shown(scopes []Scope, declined []string, lang string, allowed bool) []web.ConsentScope {
	rows := make([]web.ConsentScope, 0, len(scopes))
	off := make(map[string]bool, len(declined))
	for _, s := range declined {
		off[s] = true
	}
	for _, s := range scopes {
		if s.Allowed != allowed {
			continue
		}
		rows = append(rows, web.ConsentScope{Name: s.Name, Title: s.title(lang), Detail: s.Detail, Lines: s.Lines, Optional: s.Optional, Risky: s.Risky,
			Checked: !s.Optional || !off[s.Name]})
	}
	return rows
}

// title is the sentence in a language, or in English.
func (s Scope) title(lang string) string {
	if t := s.Titles[lang]; t != "" {
		return t
	}
	return cmp.Or(s.Titles["en"], s.Title)
}

// purpose binds the form to the flow, the session and everything on the page, so
// that no other page's form, and none that showed less, is taken for consent.
func (a *asked) purpose() string {
	b, err := json.Marshal(struct {
		Flow, Session, Client, Binding string
		Scopes                         []Scope
		Resources                      []string
	}{a.flow.ID.String(), a.cur.Session.ID.String(), a.view.Client.String(), a.view.Binding, a.view.Scopes, a.view.Resources})
	if err != nil {
		panic("consent: strings that do not encode: " + err.Error()) // cannot happen
	}
	sum := sha256.Sum256(b)
	return "consent " + hex.EncodeToString(sum[:])
}
