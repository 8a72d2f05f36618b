package federation

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	ownPath  = "/account/logins"
	linkPath = ownPath + "/link"
)

// recent is how old a sign-in may be that changes by what one signs in.
const recent = 10 * time.Minute

// asked is somebody at an upstream who waits to be linked, and the person who was asked to.
type asked struct {
	ticket  string
	browser [16]byte
	trip    *trip
	from    *Ready
	cur     *session.Current
}

// waiting finds who waits. done says that the answer is written: the browser was sent to sign in, or nobody waits.
//
// The account must be the one whose address it was, and its person must have proved it after the upstream said who they are (FE02): the proof is for this
// identity and no other one of the same upstream (FE07).
func (m *Module) waiting(c *gin.Context, ticket string) (a *asked, done bool, err error) {
	ctx := c.Request.Context()
	a = &asked{ticket: ticket}
	var ok bool
	if a.browser, ok = m.d.Browsers.Known(c.Request); !ok {
		return nil, true, m.lost(c)
	}
	if a.trip, err = m.look(ctx, a.browser, byTicket, ticket); errs.Is(err, errs.NotFound) || err == nil && a.trip.Found == nil {
		return nil, true, m.lost(c)
	}
	if err != nil {
		return nil, true, err
	}
	if a.from, err = m.connectorOf(ctx, a.trip); err != nil {
		return nil, true, err
	}
	if a.cur, err = m.d.Pages.Current(c); err != nil {
		return nil, true, err
	}
	if a.cur == nil || a.cur.Session.AuthTime.Before(a.trip.proved()) {
		return nil, true, m.d.Pages.Prove(c, linkPath+"?ticket="+url.QueryEscape(ticket), a.trip.Candidate)
	}
	if a.cur.Person.ID != a.trip.Candidate {
		return nil, true, errs.New(errs.Forbidden, "This is another account than the one that was asked about. Sign in to that one, or start again.")
	}
	return a, false, nil
}

// proved is since when the person must have proved that the account is theirs.
func (t *trip) proved() time.Time {
	if !t.Person.IsZero() {
		return t.Began.Add(-recent)
	}
	return t.Began
}

func (m *Module) connectorOf(ctx context.Context, t *trip) (*Ready, error) {
	all, err := m.d.Registry.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Row.ID == t.Connector {
			return c, nil
		}
	}
	return nil, errs.New(errs.NotFound, "There is no such way to sign in.")
}

// showLink asks the person.
func (m *Module) showLink(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	a, done, err := m.waiting(c, query.Get("ticket"))
	if done || err != nil {
		return err
	}
	token, err := m.d.Forms.Token(c, linkPath+a.ticket)
	if err != nil {
		return err
	}
	_, here := m.d.People.Display(a.cur.Person)
	return m.d.Pages.Render(c, http.StatusOK, a.trip.Flow, func(lang string) web.Page {
		return web.LinkPage{
			Lang: lang, CSRF: token, Ticket: a.ticket, Connector: a.from.Row.Title, There: a.trip.Found.called(), Here: here, FormAction: a.trip.Then,
		}
	})
}

// link does what the person said, once.
func (m *Module) link(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Forms.CheckToken(c, linkPath+form.Get("ticket"), form); err != nil {
		return err
	}
	a, done, err := m.waiting(c, form.Get("ticket"))
	if done || err != nil {
		return err
	}
	if _, err := m.arrive(c.Request.Context(), a.browser, byTicket, a.ticket); errs.Is(err, errs.NotFound) {
		return m.lost(c)
	} else if err != nil {
		return err
	}
	result := "kept"
	if form.Get("answer") == "link" {
		if result, err = m.linked(c.Request.Context(), a); err != nil {
			return err
		}
	}
	if a.trip.Flow != "" {
		return m.d.Flows.Continue(c, a.trip.Flow, a.cur)
	}
	return httpx.SeeOther(c, m.d.Issuer+ownPath+"?done="+result)
}

// linked is the word for what came of it.
func (m *Module) linked(ctx context.Context, a *asked) (string, error) {
	_, err := m.connect(ctx, a.from, a.trip.Found, a.cur.Person.ID, "person")
	switch {
	case errs.Is(err, errs.Conflict):
		l, err := m.d.Store.LinkByKey(ctx, m.d.Tenant, a.from.Row.ID, m.keys(a.from, a.trip.Found))
		if err != nil || l.Person == a.cur.Person.ID {
			return "linked", err
		}
		return "taken", nil
	case errs.Is(err, errs.Forbidden):
		return "many", nil
	}
	return "linked", err
}
