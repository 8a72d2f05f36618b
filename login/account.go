package login

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Accounts are the sessions of a browser in which several people are signed in (session.Manager).
type Accounts interface {
	// Others are those beside the current one.
	Others(ctx context.Context, r *http.Request, tenant storage.ID) ([]*session.Current, error)
	// Switch makes another one current; errs.NotFound when it is not there any more.
	Switch(ctx context.Context, w http.ResponseWriter, r *http.Request, tenant, to storage.ID) (*session.Current, error)
	SignOut(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *session.Current, reason string) error
}

const accountPath = "/login/account"

// here are who is signed in in this browser, the current one first.
func (m *Module) here(c *gin.Context, st *Step) ([]*session.Current, error) {
	others, err := m.d.Accounts.Others(c.Request.Context(), c.Request, m.d.Tenant)
	if err != nil || st.Current == nil {
		return others, err
	}
	return append([]*session.Current{st.Current}, others...), nil
}

// accountPurpose binds the form to the sessions that were shown: when another tab has signed in somebody else since, "the first account" is not what was
// meant.
func accountPurpose(here []*session.Current) string {
	ids := make([]string, len(here))
	for i, cur := range here {
		ids[i] = cur.Session.ID.String()
	}
	return "login account " + strings.Join(ids, " ")
}

// Chooses says that an account is to be chosen before anybody signs in: nobody is current, or another than the request is about, and somebody who would do
// is signed in in this browser.
func (m *Module) Chooses(c *gin.Context, st *Step) (bool, error) {
	others, err := m.d.Accounts.Others(c.Request.Context(), c.Request, m.d.Tenant)
	if err != nil || len(others) == 0 {
		return false, err
	}
	is, err := m.RequiredPerson(c, st)
	if err != nil || is == nil {
		return st.Current == nil, err
	}
	return (st.Current == nil || !is(st.Current.Person)) && slices.ContainsFunc(others, func(o *session.Current) bool { return is(o.Person) }), nil
}

// Another leads to the sign-in screen for somebody else. Who is signed in stays so: they said that it is another account that they want.
func (m *Module) Another(c *gin.Context, st *Step) error {
	fl := *st.Flow
	fl.Beside = true
	sealed, err := m.d.Flows.Seal(fl)
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.link("/login", sealed, "step", "back"))
}

// Choose leads to the page on which an account is chosen.
func (m *Module) Choose(c *gin.Context, sealed string) error {
	return httpx.SeeOther(c, m.link(accountPath, sealed))
}

// showAccounts asks which account to go on with; without a flow, for a person's own pages. Without a session there is nothing to choose.
func (m *Module) showAccounts(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if !query.Has("flow") {
		return m.begin(c, "/account", nil, accountPath)
	}
	st, err := m.Open(c, query.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	here, err := m.here(c, st)
	if err != nil {
		return err
	}
	if len(here) == 0 {
		return httpx.SeeOther(c, m.link("/login", st.Sealed))
	}
	token, err := m.d.Forms.Token(c, accountPurpose(here))
	if err != nil {
		return err
	}
	page := web.AccountPage{
		Lang: m.Lang(c, st), Flow: st.Sealed, CSRF: token, ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI,
		FormAction: web.FormActionSource(st.Flow.Params.Get("redirect_uri")),
	}
	for i, cur := range here {
		name, identifier := m.d.Names.Display(cur.Person)
		page.Accounts = append(page.Accounts, web.Account{N: i + 1, Name: name, Identifier: identifier, Current: cur == st.Current})
	}
	m.Render(c, http.StatusOK, page)
	return nil
}

// chooseAccount goes on as one of the accounts, signs one of them out, or leads to the sign-in screen. The dispatcher reads the session again: choosing an
// account is no proof of it.
func (m *Module) chooseAccount(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	st, err := m.Open(c, form.Get("flow"))
	if err != nil {
		return m.Refuse(c, err)
	}
	here, err := m.here(c, st)
	if err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, accountPurpose(here), form); err != nil {
		return err
	}
	if form.Get("account") == "other" {
		return m.Another(c, st)
	}
	return m.chosen(c, st, here, form)
}

func (m *Module) chosen(c *gin.Context, st *Step, here []*session.Current, form url.Values) error {
	ctx := c.Request.Context()
	if leaving := pick(here, form.Get("sign_out")); leaving != nil {
		return m.signOut(c, st, leaving)
	}
	cur := pick(here, form.Get("account"))
	if cur == nil {
		return errs.New(errs.Invalid, "There is no such account in this browser.")
	}
	if cur == st.Current {
		return m.leave(c, st, flow.StepAccount, cur)
	}
	cur, err := m.d.Accounts.Switch(ctx, c.Writer, c.Request, m.d.Tenant, cur.Session.ID)
	if errs.Is(err, errs.NotFound) { // it ended meanwhile
		return m.Choose(c, st.Sealed)
	}
	if err != nil {
		return err
	}
	return m.leave(c, st, flow.StepAccount, cur)
}

// signOut ends one of the sessions. Who is told of that by the browser is told on the way back to the page.
func (m *Module) signOut(c *gin.Context, st *Step, leaving *session.Current) (err error) {
	var frames []string
	back := m.link(accountPath, st.Sealed)
	by := back
	if m.d.After != nil {
		if frames, by, err = m.d.After.After(c, leaving.Session, back); err != nil {
			return err
		}
	}
	if err := m.d.Accounts.SignOut(c.Request.Context(), c.Writer, c.Request, leaving, "account"); err != nil {
		return err
	}
	if len(frames) == 0 && by == back {
		return m.Choose(c, st.Sealed)
	}
	m.Render(c, http.StatusOK, web.LeavingPage{Lang: m.Lang(c, st), ClientName: st.Client.Name, Frames: frames, Next: by})
	return nil
}

// pick is the account with the number, nil for none.
func pick(here []*session.Current, n string) *session.Current {
	i, err := strconv.Atoi(n)
	if err != nil || i < 1 || i > len(here) {
		return nil
	}
	return here[i-1]
}
