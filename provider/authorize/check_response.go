package authorize

import (
	"context"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Response modes (OAuth 2.0 Multiple Response Types, OAuth 2.0 Form Post Response Mode).
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modeFormPost = "form_post"
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

// defaultMode is where a response goes unless the request says otherwise: what must not reach server logs goes to the fragment.
func defaultMode(responseType string) string {
	if w := core.Words(responseType); slices.Contains(w, "token") || slices.Contains(w, "id_token") {
		return modeFragment
	}
	return modeQuery
}

// allowedModes are the registered ones, or else the default of the response type and form_post. A form can only be posted to http and https.
func (r *request) allowedModes() []string {
	modes := r.Client.ResponseModes
	if len(modes) == 0 {
		modes = []string{defaultMode(r.get("response_type")), modeFormPost}
	}
	if core.Origin(r.RedirectURI) == "" {
		return slices.DeleteFunc(slices.Clone(modes), func(m string) bool { return m == modeFormPost })
	}
	return modes
}

// checkResponseMode refuses a mode that the client is not registered for, and tokens in the query whatever it is registered for.
func checkResponseMode(_ context.Context, r *request) error {
	def := defaultMode(r.ResponseType)
	mode := r.get("response_mode")
	if mode == "" {
		mode = def
		if allowed := r.allowedModes(); len(allowed) > 0 && !slices.Contains(allowed, mode) {
			mode = allowed[0]
		}
	}
	if !slices.Contains([]string{modeQuery, modeFragment, modeFormPost}, mode) || !slices.Contains(r.allowedModes(), mode) ||
		(mode == modeQuery && def == modeFragment) {
		return core.Refuse(fosite.ErrUnsupportedResponseMode, "The response_mode is not supported for this client and response_type.", "a registered response_mode", "another")
	}
	r.Mode = mode
	return nil
}

// errorMode is where a refusal goes when the rows did not get as far as Mode.
func (r *request) errorMode() string {
	if r.Mode != "" {
		return r.Mode
	}
	if m := r.get("response_mode"); m == modeFormPost && slices.Contains(r.allowedModes(), m) {
		return m
	}
	return defaultMode(r.get("response_type"))
}
