//go:build conformance

package ciba

import (
	"encoding/base64"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// mountAutomatic adds the URL by which the official suite answers in a person's place (automated_ciba_approval_url). It is in no binary but those built
// with the tag conformance.
func (e *Endpoint) mountAutomatic(r httpx.Router) {
	r.Handle(http.MethodPost, "/conformance/ciba", httpx.API, e.automatic)
}

func (e *Endpoint) automatic(c *gin.Context) error {
	q, err := httpx.Query(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	raw, err := base64.RawURLEncoding.DecodeString(q.Get("auth_req_id"))
	if err != nil || len(raw) < 18 {
		return errs.New(errs.NotFound, "")
	}
	row, err := e.d.Store.PendingByID(ctx, e.d.Tenant, storage.ID(raw[2:18])) // who built this asks no further
	if err != nil {
		return err
	}
	a, err := e.open(ctx, row)
	if err != nil {
		return err
	}
	d := core.Decision{Scopes: a.Waiting.Scopes, ACR: "1", AMR: []string{"pwd"}, AuthTime: e.d.Now().Unix()}
	cmd := storage.DecidePending{Tenant: e.d.Tenant, ID: row.ID, Person: row.Person, Approve: q.Get("action") == "allow", Now: e.d.Now()}
	if _, err := e.record(ctx, a, cmd, d); err != nil {
		return err
	}
	return core.WriteJSON(c.Writer, http.StatusOK, struct{}{})
}
