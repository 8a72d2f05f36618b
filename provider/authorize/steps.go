package authorize

import (
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// request is an authorization request as the rows judge it. Each row fills in what it found.
type request struct {
	e        *Endpoint
	from     origin
	Params   url.Values // at last those that count
	verdicts []verdict.Verdict

	objection  *core.Refusal // to how the parameters came
	Signed     bool          // they were in a signed request object
	Pushed     storage.ID    // the pushed request that they are, or zero
	requestURI string        // by which a browser brought it

	Client       *core.Client
	RedirectURI  string // set once it is trusted
	ResponseType string // words sorted
	Delivery     core.Delivery
	plain        bool // a refusal is not signed
	Scopes       []string
	Resources    []string
	Prompts      []string
	MaxAge       int // seconds; -1: not asked
	Claims       *core.ClaimsRequest
	HintSubject  string   // sub of a verified id_token_hint
	Wanted       []string // subs of the claims request, one of which it must be; empty: anybody
	ACR          []string // classes of authentication, one of which must be met; empty: any
	exactACR     bool     // and stated
	Details      []core.Detail
	demands      [][]string // classes of authentication, one of each of which a resource wants
}

// Rows is the table of the authorization endpoint: one rule, one row, one file. The order matters: until redirect_uri is trusted, a refusal is a
// page; and after authorize.source only the parameters of a request object, or those that were pushed, are there for the rows to see.
func Rows() []core.Row[request] {
	return []core.Row[request]{
		{Name: "authorize.size", Check: checkSize},
		{Name: "authorize.client_id", Check: checkClientID},
		{Name: "authorize.client_enabled", Check: checkClientEnabled},
		{Name: "authorize.source", Check: checkSource},
		{Name: "authorize.printable", Check: checkPrintable},
		{Name: "authorize.redirect_uri", Check: checkRedirectURI},
		{Name: "authorize.request_object", Check: checkRequestObject},
		{Name: "authorize.signed", Check: checkSigned},
		{Name: "authorize.pushed", Check: checkPushed},
		{Name: "authorize.registration", Check: checkRegistration},
		{Name: "authorize.response_type", Check: checkResponseType},
		{Name: "authorize.response_type_registered", Check: checkResponseTypeRegistered},
		{Name: "authorize.response_mode", Check: checkResponseMode},
		{Name: "authorize.scope", Check: checkScope},
		{Name: "authorize.openid", Check: checkOpenID},
		{Name: "authorize.resource", Check: checkResource},
		{Name: "authorize.resource_named", Check: checkResourceNamed},
		{Name: "authorize.authorization_details", Check: checkDetails},
		{Name: "authorize.pkce_method", Check: checkPKCEMethod},
		{Name: "authorize.pkce_required", Check: checkPKCERequired},
		{Name: "authorize.pkce_challenge", Check: checkPKCEChallenge},
		{Name: "authorize.dpop_jkt", Check: checkDPoPKey},
		{Name: "authorize.nonce", Check: checkNonce},
		{Name: "authorize.state", Check: checkState},
		{Name: "authorize.prompt", Check: checkPrompt},
		{Name: "authorize.max_age", Check: checkMaxAge},
		{Name: "authorize.display", Check: checkDisplay},
		{Name: "authorize.claims", Check: checkClaims},
		{Name: "authorize.id_token_hint", Check: checkIDTokenHint},
		{Name: "authorize.acr", Check: checkACR},
		{Name: "authorize.resource_demands", Check: checkDemands},
	}
}

// knownParams are the parameters that travel on in the flow; unknown ones are ignored (RFC 6749 section 3.1).
func knownParams() []string {
	return []string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt",
		"max_age", "display", "ui_locales", "claims_locales", "login_hint", "id_token_hint", "acr_values", "claims", "resource",
		"dpop_jkt", "authorization_details",
	}
}

func (r *request) known() url.Values {
	out := url.Values{}
	for name, v := range r.Params {
		if slices.Contains(knownParams(), name) && len(v) > 0 && v[0] != "" {
			out[name] = v
		}
	}
	return out
}

// get returns a parameter; one sent without a value counts as omitted (RFC 6749 section 3.1).
func (r *request) get(name string) string { return r.Params.Get(name) }

// frontChannel reports whether the response itself carries a word of the response type.
func (r *request) returns(word string) bool { return slices.Contains(core.Words(r.ResponseType), word) }

func (r *request) prompts(p string) bool { return slices.Contains(r.Prompts, p) }
