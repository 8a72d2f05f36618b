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

// checkSize leaves what is pushed to the limit on bodies.
func checkSize(_ context.Context, r *request) error {
	if r.from.push {
		return nil
	}
	for name, values := range r.Params {
		for _, v := range values {
			if len(v) > maxParam && !objectParams(name) {
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
		return unknownClient("an enabled client", r.Client.Disabledness())
	}
	return nil
}

func unknownClient(expected, received string) error {
	refusal := core.Refuse(fosite.ErrInvalidClient, "The app is not registered here.", expected, received).OnPage(web.ErrorUnknownClient)
	refusal.Err.CodeField = 400 // a person's browser is told; there is nothing to authenticate with
	return refusal
}
