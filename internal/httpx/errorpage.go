package httpx

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// wantsPage decides between HTML and JSON where no route's guard does: machines'
// paths get JSON, and so does who asks for JSON and not for HTML.
func wantsPage(r *http.Request, base string) bool {
	path := strings.TrimPrefix(r.URL.Path, base)
	for _, prefix := range []string{"/api/", "/scim/", "/.well-known/", "/health/", "/metrics"} {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "text/html") {
		return true
	}
	return !strings.HasPrefix(path, "/oauth2/") && !strings.Contains(accept, "json")
}

// writePage asks the injected writer and stands in for it when it panics or
// writes nothing.
func (e *Engine) writePage(c *gin.Context, err *errs.Error, id string) {
	if e.cfg.Pages != nil && e.tryPages(c, err, id) {
		return
	}
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Status(err.Code.Status())
	page := fmt.Sprintf(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Error</title><h1>%s</h1>`+
		`<p>Code: <span id="error-code">%s</span></p><p>Id: <span id="error-id">%s</span></p></html>`,
		html.EscapeString(err.Message), html.EscapeString(string(err.Code)), html.EscapeString(id))
	if _, writeErr := c.Writer.WriteString(page); writeErr != nil {
		_ = c.Error(writeErr) // the connection is gone: nobody is left to tell
	}
}

func (e *Engine) tryPages(c *gin.Context, err *errs.Error, id string) (wrote bool) {
	defer func() {
		if p := recover(); p != nil {
			e.cfg.Logger.ErrorContext(c.Request.Context(), "writing an error page panicked", "panic", fmt.Sprint(p), "error_id", id)
			wrote = c.Writer.Written()
		}
	}()
	e.cfg.Pages.WriteError(c, err, id)
	return c.Writer.Written()
}

type jsonError struct {
	Error       errs.Code `json:"error"`
	Description string    `json:"error_description"`
	ID          string    `json:"error_id"`
}

func writeJSONError(c *gin.Context, err error, id string) {
	code := errs.CodeOf(err)
	h := c.Writer.Header()
	if code == errs.Unauthenticated && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer") // RFC 9110 §15.5.2 requires one
	}
	WriteJSON(c, code.Status(), jsonError{Error: code, Description: errs.MessageOf(err), ID: id})
}

// WriteJSON answers with v. A value that cannot be encoded is a bug and panics,
// which becomes a 500 with an error id.
func WriteJSON(c *gin.Context, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("httpx: encoding an answer: %w", err))
	}
	c.Data(status, "application/json", body)
}
