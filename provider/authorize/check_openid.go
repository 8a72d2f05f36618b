package authorize

import (
	"context"
	"slices"
	"strconv"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkNonce requires a nonce where an ID token comes through the browser (OpenID Connect Core section 3.2.2.1), and where the registration says so.
func checkNonce(_ context.Context, r *request) error {
	must := r.returns("id_token") || r.Client.Metadata.RequireNonce && slices.Contains(r.Scopes, "openid")
	if must && r.get("nonce") == "" {
		return core.InvalidRequest("A nonce is required for this request.", "a nonce", "none")
	}
	return nil
}

// checkState requires a state where a profile says so and no nonce protects the answer.
func checkState(_ context.Context, r *request) error {
	if r.Client.Demands.State && !slices.Contains(r.Scopes, "openid") && r.get("state") == "" {
		return core.InvalidRequest("This client must send a state, or ask for openid.", "a state", "none")
	}
	return nil
}

// checkPrompt is OpenID Connect Core section 3.1.2.1: none stands alone.
func checkPrompt(_ context.Context, r *request) error {
	r.Prompts = core.Words(r.get("prompt"))
	for _, p := range r.Prompts {
		if !slices.Contains([]string{"none", "login", "consent", "select_account"}, p) && (p != "create" || !r.e.Signup) {
			return core.InvalidRequest("The prompt is not supported.", "none, login, consent or select_account", "another")
		}
	}
	if r.prompts("none") && len(r.Prompts) > 1 {
		return core.InvalidRequest("The prompt none stands alone.", "none alone", "none with others")
	}
	if r.prompts("create") && len(r.Prompts) > 1 {
		return core.InvalidRequest("The prompt create stands alone.", "create alone", "create with others")
	}
	return nil
}

// checkMaxAge reads max_age, or the client's default_max_age.
func checkMaxAge(_ context.Context, r *request) error {
	r.MaxAge = -1
	if d := r.Client.Metadata.DefaultMaxAge; d != nil {
		r.MaxAge = *d
	}
	v := r.get("max_age")
	if v == "" {
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1<<30 {
		return core.InvalidRequest("The max_age is not a number of seconds.", "a number of seconds", "another text")
	}
	r.MaxAge = n
	return nil
}

func checkDisplay(_ context.Context, r *request) error {
	if d := r.get("display"); d != "" && !slices.Contains([]string{"page", "popup", "touch", "wap"}, d) {
		return core.InvalidRequest("The display is not supported.", "page, popup, touch or wap", "another")
	}
	return nil
}

func checkClaims(_ context.Context, r *request) (err error) {
	r.Claims, err = core.ParseClaimsRequest(r.get("claims"))
	if err == nil {
		r.Wanted = r.Claims.Subjects()
	}
	return err
}

// checkIDTokenHint takes only ID tokens of ours, expired ones too, and only those issued to this client (OpenID Connect Core section 3.1.2.1).
func checkIDTokenHint(_ context.Context, r *request) error {
	hint := r.get("id_token_hint")
	if hint == "" {
		return nil
	}
	claims, err := core.ReadIDTokenHint(r.e.Signer, r.e.Issuer, hint)
	if err != nil {
		return err
	}
	if !slices.Contains(claims.Audience, r.Client.ClientID) {
		return core.InvalidRequest("The id_token_hint was not issued to this client.", "an ID token of this client", "another's")
	}
	r.HintSubject = claims.Subject
	return nil
}
