package federation

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// mine is who is signed in. done says that the browser was sent to sign in and will come back.
func (m *Module) mine(c *gin.Context) (cur *session.Current, done bool, err error) {
	cur, err = m.d.Pages.Current(c)
	if err != nil || cur != nil {
		return cur, false, err
	}
	return nil, true, m.d.Pages.Back(c, ownPath, nil)
}

func (m *Module) recent(cur *session.Current) bool {
	return m.d.Now().Sub(cur.Session.AuthTime) < recent
}

// list shows a person's linked sign-ins; ?again=1 has the sign-in proved once more first.
func (m *Module) list(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	cur, done, err := m.mine(c)
	if done || err != nil {
		return err
	}
	if query.Has("again") && !m.recent(cur) {
		return m.d.Pages.Back(c, ownPath, url.Values{"prompt": {"login"}})
	}
	page := web.LoginsPage{}
	switch query.Get("done") { // nothing else of the address reaches the page
	case "linked":
		page.Done = web.DoneLinked
	case "removed":
		page.Done = web.DoneUnlinked
	case "kept":
		page.Done = web.DoneNothingLinked
	case "taken":
		page.Problem = web.ProblemLinkTaken
	case "many":
		page.Problem = web.ProblemLinksMany
	}
	return m.own(c, cur, http.StatusOK, page)
}

// own writes the page.
func (m *Module) own(c *gin.Context, cur *session.Current, status int, page web.LoginsPage) (err error) {
	ctx := c.Request.Context()
	if page.CSRF, err = m.d.Forms.Token(c, ownPurpose(cur)); err != nil {
		return err
	}
	links, err := m.d.Store.LinksOf(ctx, m.d.Tenant, cur.Person.ID)
	if err != nil {
		return err
	}
	all, err := m.d.Registry.all.Get(ctx)
	if err != nil {
		return err
	}
	page.Again = !m.recent(cur)
	linked := map[storage.ID]bool{}
	for i := range links {
		linked[links[i].Connector] = true
		page.Rows = append(page.Rows, m.loginRow(ctx, &links[i], all))
	}
	for _, r := range all {
		if _, redirects := r.Connector.(Redirector); redirects && !linked[r.Row.ID] && !r.Settings.Hidden {
			page.More = append(page.More, web.Connector{Name: r.Row.Name, Title: r.Row.Title})
		}
	}
	return m.d.Pages.Render(c, status, "", func(lang string) web.Page {
		page.Lang = lang
		return page
	})
}

func ownPurpose(cur *session.Current) string { return "logins " + cur.Session.ID.String() }

// loginRow is how a link is shown. One whose upstream is switched off keeps its place: it may come back.
func (m *Module) loginRow(ctx context.Context, l *storage.Link, all []*Ready) web.LoginRow {
	row := web.LoginRow{ID: l.ID.String(), Since: l.CreatedAt, Used: l.UsedAt, There: m.there(ctx, l)}
	for _, r := range all {
		if r.Row.ID == l.Connector {
			row.Connector = r.Row.Title
		}
	}
	return row
}

// there is what the person is called at the upstream; what does not open is no reason to show nothing.
func (m *Module) there(ctx context.Context, l *storage.Link) string {
	var k kept
	plain, err := m.d.Ring.Open(identityAt(l), l.Identity)
	if err == nil {
		err = json.Unmarshal(plain, &k)
	}
	if err != nil {
		m.d.Log.ErrorContext(ctx, "a link's identity does not open", slog.String("link", l.ID.String()), slog.Any("error", err))
	}
	return k.Name
}

// change removes a link.
func (m *Module) change(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.mine(c)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.CheckToken(c, ownPurpose(cur), form); err != nil {
		return err
	}
	if !m.recent(cur) {
		return m.d.Pages.Back(c, ownPath, url.Values{"prompt": {"login"}})
	}
	id, err := storage.ParseID(form.Get("unlink"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	err = m.d.Store.DeleteLink(c.Request.Context(), m.d.Tenant, cur.Person.ID, id, m.d.Audit.Row(c.Request.Context(), m.d.Tenant, audit.Event{
		Type: audit.LinkRemove, Severity: audit.Notice, ActorKind: audit.Person, Actor: cur.Person.ID.String(), Target: "person:" + cur.Person.ID.String(), Outcome: audit.Success,
		Data: map[string]any{"link": id.String(), "by": "person"},
	}))
	if errs.Is(err, errs.Forbidden) {
		return m.own(c, cur, http.StatusForbidden, web.LoginsPage{Problem: web.ProblemLinkLast})
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+ownPath+"?done=removed")
}

// startOwn sends a person who is signed in to an upstream that they want to link.
func (m *Module) startOwn(c *gin.Context, to *Ready) error {
	cur, done, err := m.mine(c)
	if done || err != nil {
		return err
	}
	if !m.recent(cur) {
		return m.d.Pages.Back(c, ownPath, url.Values{"prompt": {"login"}})
	}
	return m.send(c, to, &trip{Person: cur.Person.ID, Session: cur.Session.ID, Wish: Wish{Fresh: true, Linking: true}})
}

// linkOwn has the person confirm what their upstream said, in the session in which they began.
func (m *Module) linkOwn(c *gin.Context, t *trip, from *Ready, id *Identity) error {
	cur, done, err := m.mine(c)
	if done || err != nil {
		return err
	}
	if cur.Session.ID != t.Session || cur.Person.ID != t.Person {
		return m.lost(c)
	}
	ticket := secret()
	id.Claims = nil // what the rules read is not needed any more
	next := &trip{Connector: from.Row.ID, Began: m.d.Now(), Found: id, Candidate: cur.Person.ID, Person: cur.Person.ID, Session: cur.Session.ID}
	if err := m.depart(c, byTicket, ticket, next); err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+linkPath+"?ticket="+url.QueryEscape(ticket))
}
