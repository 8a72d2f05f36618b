package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/web"
)

const erasePath = "/account/delete"

// Erasure removes everything that is kept of who is signed in.
type Erasure interface {
	// Erase does so at once, or later: then due is when. errs.Forbidden for the last administrator.
	Erase(ctx context.Context, cur *session.Current) (due time.Time, err error)
	// Due is when it will be done; zero: nobody asked for it.
	Due(ctx context.Context, cur *session.Current) (time.Time, error)
	// Keep calls it off.
	Keep(ctx context.Context, cur *session.Current) error
}

// showErase says what goes, and takes the confirmation of a fresh sign-in.
func (m *Module) showErase(c *gin.Context) error {
	cur, done, err := m.freshly(c, erasePath)
	if done || err != nil {
		return err
	}
	return m.erasePage(c, cur, http.StatusOK, "")
}

func (m *Module) erasePage(c *gin.Context, cur *session.Current, status int, problem string) error {
	token, err := m.d.Forms.Token(c, erasePurpose(cur))
	if err != nil {
		return err
	}
	due, err := m.d.Erasure.Due(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	_, identifier := m.d.Directory.Display(cur.Person)
	m.d.Pages.Render(c.Writer, c.Request, status, web.ErasePage{
		Lang: m.lang(c), CSRF: token, Identifier: identifier, Error: problem, Due: due, Grace: m.cfg.EraseAfter,
	})
	return nil
}

// erase removes the account of who typed what they sign in with, or calls a waiting removal off.
func (m *Module) erase(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	cur, done, err := m.freshly(c, erasePath)
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, erasePurpose(cur), form); err != nil {
		return err
	}
	if form.Get("keep") == "1" {
		if err := m.d.Erasure.Keep(c.Request.Context(), cur); err != nil {
			return err
		}
		return m.erasePage(c, cur, http.StatusOK, "")
	}
	_, identifier := m.d.Directory.Display(cur.Person)
	if typed := strings.TrimSpace(form.Get("confirm")); identifier == "" || !strings.EqualFold(typed, identifier) {
		return m.erasePage(c, cur, http.StatusBadRequest, web.FieldEraseConfirm)
	}
	due, err := m.d.Erasure.Erase(c.Request.Context(), cur)
	if errs.Is(err, errs.Forbidden) {
		return m.erasePage(c, cur, http.StatusForbidden, web.FieldEraseLastAdmin)
	}
	if err != nil {
		return err
	}
	if !due.IsZero() {
		return m.erasePage(c, cur, http.StatusOK, "")
	}
	m.d.Own.Forget(c.Request.Context(), c.Writer, c.Request)
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ErasedPage{Lang: m.lang(c)})
	return nil
}

func erasePurpose(cur *session.Current) string { return "account delete " + cur.Session.ID.String() }
