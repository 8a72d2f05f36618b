package federation

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// RequestPublisher sends its requests by reference: the upstream fetches them here (RFC 9101 section 5.2).
type RequestPublisher interface {
	Connector
	// RequestObject is the signed request of a departure; errs.NotFound where its requests do not go so.
	RequestObject(ctx context.Context, a Arrival) (contentType string, body []byte, err error)
}

// requestObject shows the request of a browser that is on its way. Who knows its state may read it: nothing is in it that would not be in the address otherwise.
func (m *Module) requestObject(c *gin.Context) error {
	ctx := c.Request.Context()
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	says, ok := from.Connector.(RequestPublisher)
	if !ok {
		return errs.New(errs.NotFound, "This connector sends no requests by reference.")
	}
	row, err := m.d.Store.TripByState(ctx, m.d.Tenant, m.mark(byState, []byte(c.Param("state"))), m.d.Now())
	if err != nil {
		return err
	}
	t, err := m.open(row)
	if err != nil {
		return err
	}
	if t.Connector != from.Row.ID {
		return errs.New(errs.NotFound, "")
	}
	kind, body, err := says.RequestObject(ctx, Arrival{Wish: t.Wish, Kept: t.Kept, Began: t.Began})
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, kind, body)
	return nil
}
