package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// push sends the request ahead (RFC 9126 section 2.1); what the browser then brings names it alone.
func (c *connector) push(ctx context.Context, m *metadata, request map[string]string) (map[string]string, error) {
	form := url.Values{}
	for name, value := range request {
		form.Set(name, value)
	}
	answer, err := c.post(ctx, m, m.PAR, form)
	if err != nil {
		return nil, err
	}
	var said struct {
		URI string `json:"request_uri"`
	}
	if answer.Status != http.StatusCreated && answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &said) != nil {
		return nil, away(errs.New(errs.Unavailable, "The request was not taken when it was pushed."))
	}
	if said.URI == "" || len(said.URI) > 512 || strings.ContainsFunc(said.URI, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, away(errs.New(errs.Invalid, "The answer to a pushed request names none."))
	}
	return map[string]string{"client_id": c.c.ClientID, "request_uri": said.URI}, nil
}
