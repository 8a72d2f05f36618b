package account

import (
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

const exportPath = "/account/export"

// Exporter writes everything that is kept of who is signed in as one JSON document.
type Exporter interface {
	Export(ctx context.Context, w io.Writer, cur *session.Current) error
}

// showExport says what the download holds.
func (m *Module) showExport(c *gin.Context) error {
	cur, done, err := m.signedIn(c, exportPath)
	if done || err != nil {
		return err
	}
	token, err := m.d.Forms.Token(c, exportPurpose(cur))
	if err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ExportPage{Lang: m.lang(c), CSRF: token})
	return nil
}

// export is the download (GDPR articles 15 and 20), for a fresh sign-in only. It is written as it is read; should reading fail midway the connection
// is cut, so that half a document passes for no whole one.
func (m *Module) export(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.freshly(c, exportPath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, exportPurpose(cur), form); err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="account.json"`)
	h.Set("Cache-Control", "no-store")
	if err := m.d.Exporter.Export(c.Request.Context(), c.Writer, cur); err != nil {
		if !c.Writer.Written() {
			h.Del("Content-Disposition")
			return err
		}
		m.d.Logger.ErrorContext(c.Request.Context(), "the download of a person's data was cut off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func exportPurpose(cur *session.Current) string { return "account export " + cur.Session.ID.String() }
