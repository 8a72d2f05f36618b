package authorize

import (
	"cmp"
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
		return core.Refuse(fosite.ErrUnsupportedResponseType, "The client is not registered for this response_type.", "a registered response_type", r.ResponseType)
	}
	need := map[bool]string{true: "authorization_code", false: "implicit"}
	if !r.Client.MayUse(need[r.returns("code")]) || (r.returns("token") && !r.Client.MayUse("implicit")) {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client is not registered for the grant type of this response_type.", "a registered grant type", r.ResponseType)
	}
	return nil
}

// checkResponseMode refuses a mode that the client is not registered for, and tokens in the query whatever it is registered for. A client of signed
// modes only must name one (FAPI 1.0 Advanced section 5.2.2-2); that refusal cannot be signed, since the client did not ask for it.
func checkResponseMode(_ context.Context, r *request) error {
	asked, allowed := r.get("response_mode"), r.Client.AllowedModes(r.ResponseType, r.RedirectURI)
	switch {
	case asked == core.ModeQuery && core.DefaultMode(r.ResponseType) == core.ModeFragment:
		return core.InvalidRequest("Tokens must not be sent in the query (OAuth 2.0 Multiple Response Types section 5).", "another response_mode", "query")
	case onlySigned(allowed) && !slices.Contains(core.JWTModes(), asked):
		r.plain = true
		return core.InvalidRequest("This client must name a signed response_mode.", "a response_mode of JARM", "none or a plain one")
	}
	mode := cmp.Or(asked, usual(r.ResponseType, allowed))
	d, ok := core.Deliver(mode, r.ResponseType)
	if !ok || !slices.Contains(allowed, mode) {
		return core.Refuse(fosite.ErrUnsupportedResponseMode, "The response_mode is not supported for this client and response_type.", "a registered response_mode", "another")
	}
	r.Delivery = d
	return nil
}

func onlySigned(modes []string) bool {
	return len(modes) > 0 && !slices.ContainsFunc(modes, func(m string) bool { return !slices.Contains(core.JWTModes(), m) })
}

// usual is the mode of a request that names none.
func usual(responseType string, allowed []string) string {
	if def := core.DefaultMode(responseType); len(allowed) == 0 || slices.Contains(allowed, def) {
		return def
	}
	return allowed[0]
}

// delivery is where a refusal goes when the rows did not get as far as checkResponseMode.
func (r *request) delivery() core.Delivery {
	if r.Delivery.By != "" {
		return r.Delivery
	}
	asked, rt := r.get("response_mode"), r.get("response_type")
	allowed := r.Client.AllowedModes(rt, r.RedirectURI)
	if asked == "" && !r.plain {
		asked = usual(rt, allowed)
	}
	if d, ok := core.Deliver(asked, rt); ok && slices.Contains(allowed, asked) {
		return d
	}
	return core.Delivery{By: core.DefaultMode(rt)}
}
