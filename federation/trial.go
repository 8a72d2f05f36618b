package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// showTest walks one sign-in for an operator, who has made the ticket on the command line: what comes of it is shown, and nothing else is done.
func (m *Module) showTest(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	to, err := m.admitted(c, query.Get("ticket"))
	if err != nil {
		return err
	}
	if by, ok := to.Connector.(Negotiator); ok {
		return m.testTicket(c, to, by, query.Get("ticket"))
	}
	_, asks := to.Connector.(PasswordChecker)
	if _, known := m.d.Browsers.Known(c.Request); asks || !known { // a link of the command line is often a browser's first
		m.d.Browsers.Browser(c.Writer, c.Request)
		return m.showTrial(c, http.StatusOK, web.ConnectorTestPage{Connector: to.Row.Title, Name: to.Row.Name, Ticket: query.Get("ticket"), Form: asks})
	}
	return m.send(c, to, &trip{Test: query.Get("ticket")})
}

func (m *Module) admitted(c *gin.Context, ticket string) (*Ready, error) {
	to, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return nil, err
	}
	if !admits(m.d.Ring, m.d.Tenant, to.Row.ID, ticket, m.d.Now()) {
		return nil, errs.New(errs.Forbidden, "This link is over. Make another with jedan-auth connectors test.")
	}
	return to, nil
}

// testPassword asks a directory.
func (m *Module) testPassword(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	to, err := m.admitted(c, form.Get("ticket"))
	if err != nil {
		return err
	}
	asks, ok := to.Connector.(PasswordChecker)
	if !ok {
		return errs.New(errs.NotFound, "This connector asks for no password.")
	}
	id, err := asks.CheckPassword(c.Request.Context(), Credentials{Username: form.Get("username"), Password: form.Get("password")})
	return m.tested(c, to, form.Get("ticket"), id, err)
}

// tested shows what came of it.
func (m *Module) tested(c *gin.Context, from *Ready, ticket string, id *Identity, err error) error {
	page := web.ConnectorTestPage{Connector: from.Row.Title, Name: from.Row.Name, Ticket: ticket}
	var no *Refusal
	var unsound *Unsound
	switch {
	case errors.As(err, &no):
		page.Outcome, page.Check, page.Expected, page.Received = web.TestRefused, no.Check, no.Expected, no.Received
	case errors.As(err, &unsound):
		page.Outcome, page.Check, page.Expected, page.Received = web.TestRefused, unsound.Check, unsound.Expected, unsound.Received
	case errs.Is(err, errs.Unavailable):
		page.Outcome, page.Check, page.Expected, page.Received = web.TestRefused, "upstream", "an answer as it should be", err.Error()
	case err != nil:
		return err
	default:
		if page.Outcome, err = m.wouldBe(c.Request.Context(), from, id); err != nil {
			return err
		}
		tell(&page, from, id)
	}
	return m.showTrial(c, http.StatusOK, page)
}

func (m *Module) showTrial(c *gin.Context, status int, page web.ConnectorTestPage) error {
	return m.d.Pages.Render(c, status, "", func(lang string) web.Page {
		page.Lang = lang
		return page
	})
}

// wouldBe is what identified and unknown would do, without doing it.
func (m *Module) wouldBe(ctx context.Context, from *Ready, id *Identity) (string, error) {
	_, err := m.d.Store.LinkByKey(ctx, m.d.Tenant, from.Row.ID, m.keys(from, id))
	if !errs.Is(err, errs.NotFound) {
		return web.TestKnown, err
	}
	p, err := m.holder(ctx, newcomer(from.mapper.apply(id)))
	switch {
	case err != nil:
		return "", err
	case p == nil && from.Settings.Create:
		return web.TestCreate, nil
	case p == nil:
		return web.TestNobody, nil
	}
	now, err := m.d.People.Claims(p)
	switch {
	case err != nil:
		return "", err
	case from.Settings.Link == LinkVerified && now.Bool("email_verified") && p.State == storage.PersonActive:
		return web.TestLink, nil
	case from.Settings.Link == LinkDeny:
		return web.TestTaken, nil
	}
	return web.TestAsk, nil
}

// tell fills the page with what the upstream said, and what the rules make of it.
func tell(page *web.ConnectorTestPage, from *Ready, id *Identity) {
	is := said(from, id)
	page.Strong, page.Claims, page.Profile, page.Joins, page.Leaves = is.Strong, pairs(id.Claims), pairs(is.Profile), is.Joins, is.Leaves
	for _, f := range [][2]string{
		{web.TestFactKey, id.Key}, {web.TestFactACR, id.ACR}, {web.TestFactAMR, strings.Join(id.AMR, " ")}, {web.TestFactAt, stamp(id.At)}, {web.TestFactUntil, stamp(id.Until)},
		{web.TestFactGroups, strings.Join(id.Groups, ", ")},
	} {
		if f[1] != "" {
			page.Facts = append(page.Facts, f)
		}
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// maxShown bounds one value on the page, in bytes.
const maxShown = 2000

func pairs(claims map[string]any) (out [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		text, err := json.Marshal(claims[name])
		if err != nil {
			text = []byte(fmt.Sprint(claims[name]))
		}
		out = append(out, [2]string{name, string(text[:min(len(text), maxShown)])})
	}
	return out
}
