package app

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/web"
)

// pages shows the provider's and the edge's screens through the renderer.
type pages struct {
	render  *web.Renderer
	now     func() time.Time
	watched string // the name of the cookie that the check_session iframe reads
}

func (p *pages) show(c *gin.Context, status int, page web.Page) error {
	p.render.Render(c.Writer, c.Request, status, page)
	return nil
}

func (p *pages) lang(c *gin.Context) string {
	return p.render.Locale(c.Request, c.Request.URL.Query().Get("ui_locales"))
}

// Show implements provider.Pages.
func (p *pages) Show(c *gin.Context, status int, page web.Page) error { return p.show(c, status, page) }

// Language implements provider.Pages.
func (p *pages) Language(c *gin.Context) string { return p.lang(c) }

// ErrorPage implements provider.Pages.
func (p *pages) ErrorPage(c *gin.Context, status int, code, description, errorID string) error {
	return p.show(c, status, web.ErrorPage{Lang: p.lang(c), Code: code, Description: description, ErrorID: errorID, Time: p.now()})
}

// FormPost implements provider.Pages.
func (p *pages) FormPost(c *gin.Context, action string, fields [][2]string) error {
	return p.show(c, http.StatusOK, web.FormPostPage{Lang: p.lang(c), Action: action, Fields: fields})
}

// Expired implements provider.Pages.
func (p *pages) Expired(c *gin.Context, clientName, backURL string) error {
	return p.show(c, http.StatusBadRequest, web.ExpiredPage{Lang: p.lang(c), ClientName: clientName, BackURL: backURL})
}

// Confirm implements provider.Pages.
func (p *pages) Confirm(c *gin.Context, csrf, clientName, formAction string, hidden [][2]string) error {
	return p.show(c, http.StatusOK, web.LogoutPage{Lang: p.lang(c), CSRF: csrf, ClientName: clientName, Hidden: hidden, FormAction: formAction})
}

// Done implements provider.Pages.
func (p *pages) Done(c *gin.Context, clientName, backURL string) error {
	return p.show(c, http.StatusOK, web.LoggedOutPage{Lang: p.lang(c), BackName: clientName, BackURL: backURL})
}

// Leaving implements provider.Pages.
func (p *pages) Leaving(c *gin.Context, clientName string, frames []string, next string) error {
	return p.show(c, http.StatusOK, web.LeavingPage{Lang: p.lang(c), ClientName: clientName, Frames: frames, Next: next})
}

// CheckSession implements provider.Pages.
func (p *pages) CheckSession(c *gin.Context) error {
	p.render.CheckSession(c.Writer, p.watched)
	return nil
}

// WriteError implements httpx.ErrorWriter.
func (p *pages) WriteError(c *gin.Context, err error, id string) {
	page := web.ErrorPage{Lang: p.lang(c), Code: pageCode(errs.CodeOf(err)), ErrorID: id, Time: p.now(), RetryAfter: errs.RetryAfterOf(err)}
	if e := errs.Public(err); e != nil {
		page.Description = e.Message
	}
	p.render.Render(c.Writer, c.Request, errs.CodeOf(err).Status(), page)
}

// pageCode is the word that a page shows for an error of ours.
func pageCode(code errs.Code) string {
	switch code {
	case errs.NotFound:
		return "not_found"
	case errs.Forbidden, errs.Unauthenticated:
		return "access_denied"
	case errs.Throttled:
		return "too_many_requests"
	case errs.Unavailable:
		return "temporarily_unavailable"
	case errs.Internal:
		return "server_error"
	}
	return "invalid_request"
}
