package logo

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	path     = "/oauth2/logo/"
	maxBytes = 256 << 10
	keep     = 24 * time.Hour
)

// Clients finds clients by row; errs.NotFound when there is none.
type Clients interface {
	ByRow(ctx context.Context, id storage.ID) (*core.Client, error)
}

// Endpoint serves logos.
type Endpoint struct {
	Clients   Clients
	Documents core.Documents
}

// Path is where a client's logo is served, below the issuer's path; empty when it has none.
func Path(c *core.Client) string {
	if c.Metadata.LogoURI == "" {
		return ""
	}
	return path + c.ID.String()
}

// Mount adds the route.
func (e *Endpoint) Mount(r httpx.Router) {
	r.Handle(http.MethodGet, path+":client", httpx.Document, e.get)
}

func (e *Endpoint) get(c *gin.Context) error {
	body, kind, err := e.find(c.Request.Context(), c.Param("client"))
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "private, max-age=3600")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Writer.WriteHeader(http.StatusOK)
	_, err = c.Writer.Write(body)
	return err
}

// find returns the picture of a client. Whatever is wrong with it, there is none.
func (e *Endpoint) find(ctx context.Context, row string) (body []byte, kind string, err error) {
	none := func(cause error) error { return errs.Wrap(errs.NotFound, "There is no logo.", cause) }
	id, err := storage.ParseID(row)
	if err != nil {
		return nil, "", none(err)
	}
	client, err := e.Clients.ByRow(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if client.Metadata.LogoURI == "" || client.Disabled {
		return nil, "", none(nil)
	}
	doc, err := e.Documents.Document(ctx, fetch.DocumentRequest{URL: client.Metadata.LogoURI, MaxBytes: maxBytes, Fresh: time.Hour, MaxAge: keep, Stale: keep})
	if err != nil {
		return nil, "", none(err)
	}
	kind, err = picture(doc.Body)
	if err != nil {
		return nil, "", none(err)
	}
	return doc.Body, kind, nil
}
