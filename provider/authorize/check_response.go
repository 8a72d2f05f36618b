package authorize

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// responseTypes are the supported ones, words sorted.
func responseTypes() []string {
	return []string{"code", "id_token", "token", "id_token token", "code id_token", "code token", "code id_token token"}
}

func checkResponseType(_ context.Context, r *request) error {
	rt := core.SortWords(r.get("response_type"))
	if rt == "" {
		return core.InvalidRequest("The response_type parameter is missing.", "a response_type", "none")
	}
	if !slices.Contains(responseTypes(), rt) {
		return core.Refuse(fosite.ErrUnsupportedResponseType, "The response_type is not supported.", "a supported response_type", "another")
	}
	r.ResponseType = rt
	return nil
}

// checkResponseTypeRegistered lets implicit and hybrid types through only for clients registered for them (RFC 9700 section 2.1.2).
func checkResponseTypeRegistered(_ context.Context, r *request) error {
	if !slices.Contains(r.Client.ResponseTypes, r.ResponseType) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for this response_type.", "a registered response_type", r.ResponseType)
	}
	need := map[bool]string{true: "authorization_code", false: "implicit"}
	if !r.Client.MayUse(need[r.returns("code")]) || (r.returns("token") && !r.Client.MayUse("implicit")) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for the grant type of this response_type.", "a registered grant type", r.ResponseType)
	}
	return nil
}

// checkResponseMode refuses a mode that the client is not registered for, and tokens in the query whatever it is registered for.
func checkResponseMode(_ context.Context, r *request) error {
	mode, allowed := r.get("response_mode"), r.Client.AllowedModes(r.ResponseType, r.RedirectURI)
	if mode == core.ModeQuery && core.DefaultMode(r.ResponseType) == core.ModeFragment {
		return core.InvalidRequest("Tokens must not be sent in the query (OAuth 2.0 Multiple Response Types section 5).", "another response_mode", "query")
	}
	if mode == "" {
		mode = core.DefaultMode(r.ResponseType)
		if len(allowed) > 0 && !slices.Contains(allowed, mode) {
			mode = allowed[0]
		}
	}
	d, ok := core.Deliver(mode, r.ResponseType)
	if !ok || !slices.Contains(allowed, mode) {
		return core.Refuse(fosite.ErrUnsupportedResponseMode, "The response_mode is not supported for this client and response_type.", "a registered response_mode", "another")
	}
	r.Delivery = d
	return nil
}

// delivery is where a refusal goes when the rows did not get as far as checkResponseMode.
func (r *request) delivery() core.Delivery {
	if r.Delivery.By != "" {
		return r.Delivery
	}
	mode, rt := r.get("response_mode"), r.get("response_type")
	allowed := r.Client.AllowedModes(rt, r.RedirectURI)
	if !slices.Contains(allowed, mode) {
		mode = core.DefaultMode(rt)
		if len(allowed) > 0 && !slices.Contains(allowed, mode) {
			mode = allowed[0]
		}
	}
	d, ok := core.Deliver(mode, rt)
	if !ok {
		return core.Delivery{By: core.DefaultMode(rt)}
	}
	return d
}
