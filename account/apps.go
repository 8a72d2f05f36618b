package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const appsPath = "/account/apps"

// listApps shows which applications may do what in the person's name.
func (m *Module) listApps(c *gin.Context) error {
	cur, done, err := m.signedIn(c, appsPath)
	if done || err != nil {
		return err
	}
	return m.appsPage(c, cur, "")
}

func (m *Module) appsPage(c *gin.Context, cur *session.Current, ended string) error {
	token, err := m.d.Forms.Token(c, appsPurpose(cur))
	if err != nil {
		return err
	}
	rows, err := m.d.Apps.Apps(c.Request.Context(), cur, m.lang(c))
	if err != nil {
		return err
	}
	page := web.AppsPage{Lang: m.lang(c), CSRF: token, Ended: ended, Rows: rows}
	if m.d.Tiles != nil {
		if page.Tiles, err = m.d.Tiles.Tiles(c.Request.Context(), cur); err != nil {
			return err
		}
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

// endApp is the one button: what was allowed is forgotten, and grants and tokens end at once. What is gone already is no error.
func (m *Module) endApp(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.signedIn(c, appsPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, appsPurpose(cur), form); err != nil {
		return err
	}
	id, err := storage.ParseID(form.Get("app"))
	if err != nil {
		return errs.New(errs.Invalid, "Choose the app to end.")
	}
	name, err := m.d.Apps.End(c.Request.Context(), cur, id)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return m.appsPage(c, cur, name)
}

func appsPurpose(cur *session.Current) string { return "account apps " + cur.Session.ID.String() }
