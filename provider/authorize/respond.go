package authorize

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// respond sends parameters to the client's redirect URI in the request's mode, with the state as it came and our issuer (RFC 9207); in a signed
// mode the client gets nothing but one JWT (JARM section 2).
func (e *Endpoint) respond(c *gin.Context, r *request, params url.Values) error {
	if state := r.get("state"); state != "" {
		params.Set("state", state)
	}
	params.Set("iss", e.Issuer)
	d := r.delivery()
	if d.JWT {
		var err error
		if params, err = e.signed(c.Request.Context(), r.Client, params); err != nil {
			return err
		}
	}
	switch d.By {
	case core.ModeFormPost:
		return e.Pages.FormPost(c, r.RedirectURI, fields(params))
	case core.ModeFragment:
		return redirect(c, r.RedirectURI+"#"+params.Encode())
	}
	sep := "?"
	if strings.Contains(r.RedirectURI, "?") {
		sep = "&"
	}
	return redirect(c, r.RedirectURI+sep+params.Encode())
}

func fields(params url.Values) [][2]string {
	out := make([][2]string, 0, len(params))
	for name := range params {
		out = append(out, [2]string{name, params.Get(name)})
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// refuse answers a refusal: to the client where a redirect URI is trusted, otherwise to the person, with the verdicts in the log under the page's
// error id.
func (e *Endpoint) refuse(c *gin.Context, r *request, err error) error {
	refusal := core.AsRefusal(err)
	e.Meter.AuthRequest("authorize", "refused")
	id := httpx.ErrorID(c)
	ctx := c.Request.Context()
	if r != nil {
		verdict.Log(ctx, e.Log.Log, "authorize", r.verdicts, id)
	}
	if refusal.Err.CodeField >= http.StatusInternalServerError {
		e.Log.Refused(ctx, "authorize", refusal)
	}
	if r == nil || r.RedirectURI == "" || refusal.Page {
		status := refusal.Err.CodeField
		if status == http.StatusServiceUnavailable {
			c.Writer.Header().Set("Retry-After", "1")
		}
		return e.Pages.ErrorPage(c, status, refusal.Err.ErrorField, cmp.Or(refusal.PageText, refusal.Err.DescriptionField), id)
	}
	return e.respond(c, r, url.Values{"error": {refusal.Err.ErrorField}, "error_description": {refusal.Err.DescriptionField}})
}

// malformed turns an unreadable request into invalid_request on a page: duplicate parameters, bad UTF-8, too much (AZ08, AZ17).
func malformed(err error) error {
	code := errs.CodeOf(err)
	if code == errs.Internal || code == errs.Unavailable {
		return err
	}
	r := core.InvalidRequest("The request is malformed.", "each parameter once, in UTF-8", string(code)).OnPage("")
	r.Err.CodeField = code.Status()
	return r
}

// expired answers for a flow that is stale, from another browser, or used: it leads back to the app only if the app is known.
func (e *Endpoint) expired(c *gin.Context, err error) error {
	name, back := "", ""
	if a, ok := flow.AgainOf(err); ok && a.Client != "" {
		if client, err := e.Clients.ByClientID(c.Request.Context(), a.Client); err == nil {
			name, back = client.Name(), client.StartURL(e.Issuer)
		}
	}
	if err != nil && errs.CodeOf(err) != errs.Invalid {
		return err
	}
	return e.Pages.Expired(c, name, back)
}
