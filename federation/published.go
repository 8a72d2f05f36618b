package federation

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// KeyPublisher has keys of ours that the upstream reads: those by which we show who we are, and those that it encrypts to.
type KeyPublisher interface {
	Connector
	// PublicKeys are a JSON Web Key Set (RFC 7517 section 5).
	PublicKeys() any
}

// FrontchannelReceiver is told by browsers, in a frame of their upstream's page, that a session there ends (OpenID Connect Front-Channel Logout).
type FrontchannelReceiver interface {
	Connector
	// ReadFrontchannel judges the query. A *Refusal says that it does not count.
	ReadFrontchannel(query url.Values) (*LogoutNotice, error)
}

// jwks publishes a connector's keys.
func (m *Module) jwks(c *gin.Context) error {
	from, err := m.d.Registry.ByName(c.Request.Context(), c.Param("connector"))
	if err != nil {
		return err
	}
	says, ok := from.Connector.(KeyPublisher)
	if !ok {
		return errs.New(errs.NotFound, "This connector has no keys.")
	}
	httpx.WriteJSON(c, http.StatusOK, says.PublicKeys())
	return nil
}

// frontchannel ends the sessions that rest on what ends upstream. The frame brings no cookies of ours: the session's name there is what finds them,
// and it does not matter how often it comes.
func (m *Module) frontchannel(c *gin.Context) error {
	ctx := c.Request.Context()
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	from, err := m.d.Registry.ByName(ctx, c.Param("connector"))
	if err != nil {
		return err
	}
	hears, ok := from.Connector.(FrontchannelReceiver)
	if !ok {
		return errs.New(errs.NotFound, "This upstream ends no sessions.")
	}
	n, err := hears.ReadFrontchannel(query)
	if no, is := asRefusal(err); is {
		return m.unheard(c, from, no)
	}
	if err != nil {
		return err
	}
	if err := m.d.Store.InTx(ctx, func(ctx context.Context) error { _, err := m.end(ctx, from, n); return err }); err != nil {
		return err
	}
	httpx.WriteJSON(c, http.StatusOK, struct{}{})
	return nil
}
