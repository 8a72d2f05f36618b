package account

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const sessionsPath = "/account/sessions"

// OwnSessions are the sessions of who is signed in (session.Manager). End and EndAll remove the cookie of a browser whose own session they end;
// End returns errs.NotFound for a session that is not the person's.
type OwnSessions interface {
	Own(ctx context.Context, cur *session.Current) ([]session.Own, error)
	End(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *session.Current, id storage.ID) error
	EndAll(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *session.Current, grants bool) error
	Forget(ctx context.Context, w http.ResponseWriter, r *http.Request) // removes the cookies of a session that has ended
}

// Browsers are those that a person trusts (storage.TrustedBrowsers).
type Browsers interface {
	TrustedBrowsersOf(ctx context.Context, tenant, person storage.ID, now time.Time) (int, error)
	DistrustBrowsers(ctx context.Context, tenant, person storage.ID, ev *storage.AuditEvent) error
}

// listSessions shows where the person is signed in.
func (m *Module) listSessions(c *gin.Context) error {
	cur, done, err := m.signedIn(c, sessionsPath)
	if done || err != nil {
		return err
	}
	return m.sessionsPage(c, cur, false)
}

func (m *Module) sessionsPage(c *gin.Context, cur *session.Current, ended bool) error {
	token, err := m.d.Forms.Token(c, sessionsPurpose(cur))
	if err != nil {
		return err
	}
	rows, err := m.d.Own.Own(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	page := web.SessionsPage{Lang: m.lang(c), CSRF: token, Ended: ended}
	if m.d.Browsers != nil {
		if page.Trusted, err = m.d.Browsers.TrustedBrowsersOf(c.Request.Context(), m.d.Tenant, cur.Person.ID, m.d.Now()); err != nil {
			return err
		}
	}
	for _, s := range rows {
		page.Rows = append(page.Rows, m.sessionRow(s, cur, page.Lang))
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

func (m *Module) sessionRow(s session.Own, cur *session.Current, lang string) web.SessionRow {
	row := web.SessionRow{ID: s.ID.String(), SignedInAt: s.SignedInAt, SeenAt: s.SeenAt, This: s.ID == cur.Session.ID}
	row.Browser, row.System = useragent.Parse(s.Agent)
	if row.This {
		row.SeenAt = cur.Session.LastSeenAt // this very request; the row is written once a minute
	}
	row.Address, row.Place = m.where(s.IP, lang)
	return row
}

// where says an address, and the place of it if somebody can look it up.
func (m *Module) where(ip netip.Addr, lang string) (address, place string) {
	if !ip.IsValid() {
		return "", ""
	}
	if m.d.Places != nil {
		place = m.d.Places(ip, lang)
	}
	return ip.String(), place
}

// endSessions ends one session, or all. What has ended already is no error.
func (m *Module) endSessions(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.signedIn(c, sessionsPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, sessionsPurpose(cur), form); err != nil {
		return err
	}
	if form.Get("distrust") == "1" && m.d.Browsers != nil {
		return m.distrust(c, cur)
	}
	if form.Get("all") == "1" {
		return m.endEverywhere(c, cur, form.Get("grants") == "1")
	}
	id, err := storage.ParseID(form.Get("session"))
	if err != nil {
		return errs.New(errs.Invalid, "Choose the session to end.")
	}
	if err := m.d.Own.End(c.Request.Context(), c.Writer, c.Request, cur, id); err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if id == cur.Session.ID {
		return httpx.SeeOther(c, m.d.Issuer+"/")
	}
	return m.sessionsPage(c, cur, true)
}

// distrust has every browser asked for a second factor again.
func (m *Module) distrust(c *gin.Context, cur *session.Current) error {
	p := cur.Person.ID
	ev := m.d.Audit.Row(c.Request.Context(), m.d.Tenant, audit.Event{
		Type: audit.BrowserDistrust, Severity: audit.Notice, ActorKind: audit.Person, Actor: p.String(), Target: "person:" + p.String(), Outcome: audit.Success,
	})
	if err := m.d.Browsers.DistrustBrowsers(c.Request.Context(), m.d.Tenant, p, ev); err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Issuer+sessionsPath)
}

func (m *Module) endEverywhere(c *gin.Context, cur *session.Current, grants bool) error {
	if err := m.d.Own.EndAll(c.Request.Context(), c.Writer, c.Request, cur, grants); err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.EverywherePage{Lang: m.lang(c), Apps: grants})
	return nil
}

func sessionsPurpose(cur *session.Current) string {
	return "account sessions " + cur.Session.ID.String()
}
