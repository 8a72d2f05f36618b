package authorize

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Objects opens request objects (RFC 9101). It returns their parameters also with a refusal, once the client's signature stands.
type Objects interface {
	Open(ctx context.Context, client *core.Client, outer url.Values) (url.Values, error)
}

// Pushed finds pushed requests (RFC 9126).
type Pushed interface {
	// Find returns the request, or a refusal when it is not the client's, is over, or was first opened too late.
	Find(ctx context.Context, client *core.Client, requestURI string, opened time.Time) (*core.PushedRequest, error)
	// Keep makes the request outlive the visits that it was opened for.
	Keep(ctx context.Context, id storage.ID, until time.Time) error
	// Deny ends a request that a person said no to.
	Deny(ctx context.Context, id, person, session storage.ID) error
}

// origin says how a request comes to the rows.
type origin struct {
	opened time.Time // when a browser brought it
	flow   bool      // out of a flow: it was judged before
	push   bool      // from the client itself (RFC 9126): a browser will bring it later
}

// Names under which a flow keeps where its parameters came from. They are those of what the parameters replaced, so that no request can set them.
const (
	flowSigned = "request"
	flowPushed = "request_uri"
)

// checkSource puts the parameters that count in the place of those that carried them: a request object's, or those that were pushed. What is wrong with
// it is only noted, until it is known where the refusal may go.
func checkSource(ctx context.Context, r *request) error {
	uri := r.get("request_uri")
	switch {
	case r.from.flow:
		return r.fromFlow(ctx, uri)
	case strings.HasPrefix(uri, core.RequestURIPrefix):
		return r.noted(r.fromPushed(ctx, uri))
	case uri != "" || r.get("request") != "":
		params, err := r.e.Objects.Open(ctx, r.Client, r.Params)
		if params != nil {
			r.Params, r.Signed = params, true
		}
		return r.noted(err)
	}
	return nil
}

// noted keeps a refusal for later; failures of ours are told at once.
func (r *request) noted(err error) error {
	if err == nil || core.AsRefusal(err).Err.CodeField >= 500 {
		return err
	}
	r.objection = core.AsRefusal(err)
	return nil
}

func (r *request) fromPushed(ctx context.Context, uri string) error {
	p, err := r.e.Pushed.Find(ctx, r.Client, uri, r.from.opened)
	if err != nil {
		return err
	}
	if p.Spent && !r.from.flow {
		return usedUp()
	}
	r.Params, r.Signed, r.Pushed, r.requestURI = p.Params, p.Signed, p.ID, uri
	return nil
}

// fromFlow undoes flowParams.
func (r *request) fromFlow(ctx context.Context, uri string) error {
	if uri != "" && !r.Params.Has("response_type") {
		return r.noted(r.fromPushed(ctx, uri))
	}
	r.Signed = r.Params.Has(flowSigned)
	if uri != "" {
		id, err := storage.ParseID(uri)
		if err != nil {
			return err
		}
		r.Pushed = id
	}
	return nil
}

// flowParams are what travels on, with where it came from.
func (r *request) flowParams() url.Values {
	out := r.known()
	if r.Signed {
		out.Set(flowSigned, "1")
	}
	if !r.Pushed.IsZero() {
		out.Set(flowPushed, r.Pushed.String())
	}
	return out
}

// flowReference travels on instead when a pushed request does not fit a flow: its request_uri, and what the screens read of it. Without a response_type
// it is no request, so the rest is fetched again.
func (r *request) flowReference() url.Values {
	out := url.Values{"client_id": {r.Client.ClientID}, "request_uri": {r.requestURI}}
	for _, name := range []string{"redirect_uri", "login_hint", "ui_locales", "display", "prompt", "max_age"} {
		if v := r.get(name); v != "" && len(v) <= maxShown {
			out.Set(name, v)
		}
	}
	return out
}

// maxShown keeps these parameters within a flow.
const maxShown = 400

// grantOrigin is what at most one grant may come from: the pushed request, or else the flow.
func (v *visit) grantOrigin() string {
	if !v.Pushed.IsZero() {
		return "par:" + v.Pushed.String()
	}
	return "flow:" + v.flow.ID.String()
}

// usedUp is the refusal of a pushed request that another visit has spent.
func usedUp() error {
	return core.InvalidRequestURI("The request_uri was used already.", "an unused request_uri", "a used one")
}

// denied ends a pushed request with the person's no: nobody else can open it again (RFC 9126 section 7.3).
func (e *Endpoint) denied(ctx context.Context, v *visit, err error) error {
	if v.Pushed.IsZero() || core.AsRefusal(err).Err.ErrorField != fosite.ErrAccessDenied.ErrorField {
		return nil
	}
	return e.Pushed.Deny(ctx, v.Pushed, v.who.Person.ID, v.who.Session.ID)
}

// checkRequestObject tells what checkSource found, now that it is known where to.
func checkRequestObject(_ context.Context, r *request) error {
	if r.objection == nil {
		return nil
	}
	return r.objection
}

// checkSigned refuses plain parameters of a client that signs its requests (RFC 9101 section 10.5).
func checkSigned(_ context.Context, r *request) error {
	if r.Client.Metadata.RequireSignedRequestObject && !r.Signed {
		return core.InvalidRequest("This client must send a signed request object.", "a request object", "plain parameters")
	}
	return nil
}

// checkPushed refuses what was not pushed where that is required (RFC 9126 sections 5 and 6).
func checkPushed(_ context.Context, r *request) error {
	if (r.Client.Metadata.RequirePushedRequests || r.e.Config.RequirePushed) && !r.from.push && r.Pushed.IsZero() {
		return core.InvalidRequest("This request must be pushed first (RFC 9126).", "a request_uri of a pushed request", "parameters")
	}
	return nil
}

// checkRegistration refuses OpenID Connect Core section 7.2.1's parameter: it is for self-issued providers.
func checkRegistration(_ context.Context, r *request) error {
	if r.Params.Has("registration") {
		return core.Refuse(fosite.ErrRegistrationNotSupported, "The registration parameter is not supported.", "no registration parameter", "one")
	}
	return nil
}

// checkRedirectURI compares byte by byte with the registered ones (RFC 9700 section 2.1); it is always required.
func checkRedirectURI(_ context.Context, r *request) error {
	uri := r.get("redirect_uri")
	switch {
	case uri != "" && core.MatchRedirect(r.Client.Metadata.RedirectURIs, uri):
		r.RedirectURI = uri
		return nil
	case r.objection != nil: // nowhere to tell it but here
		return r.objection.OnPage("")
	case uri == "":
		return core.InvalidRequest("The redirect_uri parameter is missing.", "a registered redirect_uri", "none").OnPage(web.ErrorRedirectURI)
	}
	return core.InvalidRequest("The redirect_uri is not registered for this app.", "a registered redirect_uri", "another").OnPage(web.ErrorRedirectURI)
}

// objectParams may be longer than other parameters: they hold many.
func objectParams(name string) bool { return slices.Contains([]string{"request", "request_uri"}, name) }
