package federation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// metadata is what the upstream reads of us.
func (m *Module) metadata(c *gin.Context) error {
	from, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return err
	}
	says, ok := from.Connector.(Publisher)
	if !ok {
		return errs.New(errs.NotFound, "This connector has no metadata.")
	}
	kind, body, err := says.Metadata(c.Request.Context())
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, kind, body)
	return nil
}

// leave takes a sign-out of the upstream that a browser brings. It is signed, and ends what it names, in whatever browser: no cookie is asked.
func (m *Module) leave(c *gin.Context) error {
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	message, err := brought(c)
	if err != nil {
		return err
	}
	if message.answers() {
		return m.signedOut(c, from, message)
	}
	hears, ok := from.Connector.(LogoutListener)
	if !ok {
		return errs.New(errs.NotFound, "This upstream ends no sessions.")
	}
	who, err := hears.ListenLogout(ctx, message)
	var no *Refusal
	if errors.As(err, &no) {
		return m.refused(c, &trip{}, from, no)
	}
	if err != nil {
		return err
	}
	var ended []storage.Session
	failed := m.d.Store.InTx(ctx, func(ctx context.Context) (err error) { ended, err = m.left(ctx, from, who); return err })
	if failed != nil {
		m.d.Log.ErrorContext(ctx, "a sign-out upstream did not end what it names", slog.String("connector", from.Row.Name), slog.Any("error", failed))
		ended = nil
	}
	to, err := who.Answer(ctx, failed == nil)
	if err != nil {
		return err
	}
	if next := m.past(c, from, to, ended); next != "" {
		return m.lead(c, next)
	}
	if to.Form == nil {
		return httpx.SeeOther(c, to.URL)
	}
	return m.post(c, "", to.URL, to.Form, "https:")
}

// mostLed is how many of the sessions that one message ends lead the browser on.
const mostLed = 5

// past is where the browser goes so that it passes by the applications that are told by it of the end of these sessions, and brings the upstream its answer in the
// end; "" when there are none. In a frame the upstream is answered at once: applications forbid to be shown in one.
func (m *Module) past(c *gin.Context, from *Ready, to *Departure, ended []storage.Session) string {
	if slices.Contains([]string{"iframe", "frame", "embed", "object"}, c.GetHeader("Sec-Fetch-Dest")) {
		return ""
	}
	back, state := to.URL, secret()
	if to.Form != nil {
		back = m.at(from, "/sign-out?") + url.Values{"state": {state}}.Encode()
	}
	next := back
	for i := range min(len(ended), mostLed) {
		by, err := m.d.Told.Leave(c, ended[i].ID, next)
		if err != nil {
			m.d.Log.WarnContext(c.Request.Context(), "applications are not told of a sign-out upstream", slog.Any("error", err))
		}
		next = cmp.Or(by, next)
	}
	if next == back {
		return ""
	}
	if to.Form == nil {
		return next
	}
	if err := m.park(c, byParting, state, &parting{Connector: from.Row.ID, Answer: to}); err != nil {
		m.d.Log.WarnContext(c.Request.Context(), "applications are not told of a sign-out upstream", slog.Any("error", err))
		return ""
	}
	return next
}

// lead goes on. A page lies between where a form came from elsewhere: browsers hold what follows it to the policy of the page that it was on.
func (m *Module) lead(c *gin.Context, next string) error {
	if c.Request.Method != http.MethodPost {
		return httpx.SeeOther(c, next)
	}
	return m.d.Pages.Render(c, http.StatusOK, "", func(lang string) web.Page { return web.LeavingPage{Lang: lang, Next: next} })
}

// answers says whether the message answers one of ours (SAML).
func (b BrowserMessage) answers() bool { return b.Param("SAMLResponse") != "" }

// Param is a parameter of it; empty for none.
func (b BrowserMessage) Param(name string) string {
	if b.Method == http.MethodPost {
		return b.Form.Get(name)
	}
	q, err := url.ParseQuery(b.Query)
	if err != nil {
		return ""
	}
	return q.Get(name)
}

func brought(c *gin.Context) (BrowserMessage, error) {
	out := BrowserMessage{Method: c.Request.Method, Query: c.Request.URL.RawQuery}
	if out.Method != http.MethodPost {
		_, err := httpx.Query(c)
		return out, err
	}
	form, err := httpx.Form(c)
	out.Form = form
	return out, err
}

func (m *Module) left(ctx context.Context, from *Ready, who *Leaving) (ended []storage.Session, err error) {
	if len(who.Sessions) == 0 {
		return m.end(ctx, from, &LogoutNotice{Subject: who.Subject})
	}
	for _, s := range who.Sessions {
		some, err := m.end(ctx, from, &LogoutNotice{Subject: who.Subject, Session: s})
		if err != nil {
			return nil, err
		}
		ended = append(ended, some...)
	}
	return ended, nil
}
