package federation

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// NoticeReceiver hears from its upstream, server to server and in the upstream's own words, what became of somebody's account there.
type NoticeReceiver interface {
	Connector
	// ReadNotice judges the body of the message. A *Refusal says that it does not count; nil that it ends nothing.
	ReadNotice(ctx context.Context, body []byte) (*LogoutNotice, error)
}

// notice takes such a message: what it ends upstream ends here, as a back-channel logout does.
func (m *Module) notice(c *gin.Context) error {
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	hears, ok := from.Connector.(NoticeReceiver)
	if !ok {
		return errs.New(errs.NotFound, "This upstream sends no notices.")
	}
	body, err := io.ReadAll(c.Request.Body) // bounded by the guard
	if err != nil {
		return errs.Wrap(errs.Invalid, "The request's body could not be read.", err)
	}
	n, err := hears.ReadNotice(ctx, body)
	no, refused := asRefusal(err)
	switch {
	case refused:
		return m.unheard(c, from, no)
	case err != nil:
		return err
	case n == nil:
		httpx.WriteJSON(c, http.StatusOK, struct{}{})
		return nil
	}
	return m.heard(c, from, n)
}

func asRefusal(err error) (*Refusal, bool) { return errors.AsType[*Refusal](err) }
