package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
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

// leave takes a sign-out of the upstream that a browser brings, or the answer to one of ours. It is signed, and ends what it names, in whatever browser: no cookie
// is asked.
func (m *Module) leave(c *gin.Context) error {
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	hears, ok := from.Connector.(LogoutListener)
	if !ok {
		return errs.New(errs.NotFound, "This upstream ends no sessions.")
	}
	message, params, err := brought(c)
	if err != nil {
		return err
	}
	if params.Has("SAMLResponse") {
		return m.answered(c, from, message, params.Get("RelayState"))
	}
	who, err := hears.ListenLogout(ctx, message)
	var no *Refusal
	if errors.As(err, &no) {
		return m.refused(c, &trip{}, from, no)
	}
	if err != nil {
		return err
	}
	failed := m.d.Store.InTx(ctx, func(ctx context.Context) error { return m.left(ctx, from, who) })
	if failed != nil {
		m.d.Log.ErrorContext(ctx, "a sign-out upstream did not end what it names", slog.String("connector", from.Row.Name), slog.Any("error", failed))
	}
	to, err := who.Answer(ctx, failed == nil)
	if err != nil {
		return err
	}
	if to.Form == nil {
		return httpx.SeeOther(c, to.URL)
	}
	return m.post(c, "", to.URL, to.Form, "https:")
}

func brought(c *gin.Context) (out BrowserMessage, params url.Values, err error) {
	out = BrowserMessage{Method: c.Request.Method, Query: c.Request.URL.RawQuery}
	if out.Method != http.MethodPost {
		params, err = httpx.Query(c)
		return out, params, err
	}
	out.Form, err = httpx.Form(c)
	return out, out.Form, err
}

func (m *Module) left(ctx context.Context, from *Ready, who *Leaving) error {
	if len(who.Sessions) == 0 {
		return m.end(ctx, from, &LogoutNotice{Subject: who.Subject})
	}
	for _, s := range who.Sessions {
		if err := m.end(ctx, from, &LogoutNotice{Subject: who.Subject, Session: s}); err != nil {
			return err
		}
	}
	return nil
}
