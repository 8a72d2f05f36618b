package core

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
)

// ReadForm returns the parameters of a back-channel request. A malformed one is invalid_request with the status that says what was wrong.
func ReadForm(c *gin.Context) (url.Values, error) {
	form, err := httpx.Form(c, "resource", "audience")
	if err == nil {
		return form, nil
	}
	code := errs.CodeOf(err)
	if code == errs.Internal || code == errs.Unavailable {
		return nil, err
	}
	r := Refuse(fosite.ErrInvalidRequest, "The request body is not one form with each parameter at most once.", "application/x-www-form-urlencoded, UTF-8, each parameter once", string(code))
	r.Err.CodeField = code.Status()
	return nil, r
}

// ClientRequest builds the authentication attempt of a back-channel request.
func ClientRequest(r *http.Request, form url.Values, endpoint string) *AuthnRequest {
	return &AuthnRequest{HTTP: r, Header: r.Header, Form: form, Endpoint: endpoint}
}

// Answer writes the error of a back-channel endpoint, if there is one: the one place where those are written.
func Answer(c *gin.Context, log RefusalLog, table string, basic bool, err error) error {
	if err == nil {
		return nil
	}
	r := AsRefusal(err)
	log.Refused(c.Request.Context(), table, r)
	return WriteError(c.Writer, r, basic)
}
