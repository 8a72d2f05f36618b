package account

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/useragent"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	activityPath = "/account/activity"
	activityRows = 30 // on one page
)

// Activity is what happened to people, and what applications are called.
type Activity interface {
	// Activity lists a person's events older than the given one (zero: from now), the newest first, at most limit.
	Activity(ctx context.Context, person, before storage.ID, limit int) ([]audit.Event, error)
	// AppName is "" for an application that is not there any more.
	AppName(ctx context.Context, clientID string) string
}

// listActivity shows the person what they did and what was done to their account.
func (m *Module) listActivity(c *gin.Context) error {
	cur, done, err := m.signedIn(c, activityPath)
	if done || err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	var before storage.ID
	if text := query.Get("before"); text != "" {
		if before, err = storage.ParseID(text); err != nil {
			return errs.New(errs.Invalid, "This list begins elsewhere.")
		}
	}
	events, err := m.d.Activity.Activity(c.Request.Context(), cur.Person.ID, before, activityRows+1)
	if err != nil {
		return err
	}
	page := web.ActivityPage{Lang: m.lang(c), Later: !before.IsZero()}
	if len(events) > activityRows {
		events = events[:activityRows]
		page.Older = events[activityRows-1].ID.String()
	}
	names := map[string]string{}
	for _, e := range events {
		page.Rows = append(page.Rows, m.activityRow(c.Request.Context(), e, cur, page.Lang, names))
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

// activityRow says one event; names keeps what applications are called.
func (m *Module) activityRow(ctx context.Context, e audit.Event, cur *session.Current, lang string, names map[string]string) web.ActivityRow {
	row := web.ActivityRow{Type: e.Type, Failed: e.Outcome == audit.Failure, At: e.Time}
	row.ByOther = e.ActorKind == audit.Operator || e.ActorKind == audit.Person && e.Actor != cur.Person.ID.String()
	if n, ok := e.Data["count"].(float64); ok {
		row.Count = int(n)
	}
	if e.Client != "" {
		if _, known := names[e.Client]; !known {
			names[e.Client] = m.d.Activity.AppName(ctx, e.Client)
		}
		row.ClientName = names[e.Client]
	}
	if row.ByOther {
		return row // where somebody else was is theirs
	}
	row.Browser, row.System = useragent.Parse(e.Device)
	row.Address, row.Place = m.where(e.IP, lang)
	return row
}
