package authorize

import (
	"context"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/web"
)

// maxParam bounds one parameter in bytes: everything must fit the flow anyway.
const maxParam = 3072

func checkSize(_ context.Context, r *request) error {
	for _, values := range r.Params {
		for _, v := range values {
			if len(v) > maxParam {
				return core.InvalidRequest("A parameter is too long.", "at most 3072 bytes a parameter", "more").OnPage("")
			}
		}
	}
	return nil
}

// checkClientID finds the client (RFC 6749 section 4.1.2.1: an unknown one is told to the person, never by redirect).
func checkClientID(ctx context.Context, r *request) error {
	id := r.get("client_id")
	if id == "" {
		return core.InvalidRequest("The client_id parameter is missing.", "a client_id", "none").OnPage(web.ErrorUnknownClient)
	}
	client, err := r.e.Clients.ByClientID(ctx, id)
	if errs.CodeOf(err) == errs.NotFound {
		return unknownClient("a registered client", "an unknown one")
	}
	r.Client = client
	return err
}

func checkClientEnabled(_ context.Context, r *request) error {
	if r.Client.Disabled {
		return unknownClient("an enabled client", "a disabled one")
	}
	return nil
}

func unknownClient(expected, received string) error {
	refusal := core.Refuse(fosite.ErrInvalidClient, "The app is not registered here.", expected, received).OnPage(web.ErrorUnknownClient)
	refusal.Err.CodeField = 400 // a person's browser is told; there is nothing to authenticate with
	return refusal
}

// checkRedirectURI compares byte by byte with the registered ones (RFC 9700 section 2.1); it is always required.
func checkRedirectURI(_ context.Context, r *request) error {
	uri := r.get("redirect_uri")
	if uri == "" {
		return core.InvalidRequest("The redirect_uri parameter is missing.", "a registered redirect_uri", "none").OnPage(web.ErrorRedirectURI)
	}
	if !core.MatchRedirect(r.Client.Metadata.RedirectURIs, uri) {
		return core.InvalidRequest("The redirect_uri is not registered for this app.", "a registered redirect_uri", "another").OnPage(web.ErrorRedirectURI)
	}
	r.RedirectURI = uri
	return nil
}

// checkRequestObject refuses request objects, which this server does not take yet, as discovery says (OpenID Connect Core section 6).
func checkRequestObject(_ context.Context, r *request) error {
	switch {
	case r.Params.Has("request"):
		return core.Refuse(fosite.ErrRequestNotSupported, "The request parameter is not supported.", "no request parameter", "one")
	case r.Params.Has("request_uri"):
		return core.Refuse(fosite.ErrRequestURINotSupported, "The request_uri parameter is not supported.", "no request_uri parameter", "one")
	case r.Params.Has("registration"):
		return core.Refuse(fosite.ErrRegistrationNotSupported, "The registration parameter is not supported.", "no registration parameter", "one")
	}
	return nil
}
