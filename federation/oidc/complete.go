package oidc

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/jedan-auth/jedan-auth/federation"
)

// attempt is one sign-in on its way through the tables.
type attempt struct {
	c      *connector
	m      *metadata
	a      federation.Arrival
	kept   kept
	tokens tokenAnswer
	alg    string // of the ID token
	signer string // issuer that its key is for, where the provider says so (Entra ID)
	claims map[string]any
	event  map[string]any // of a notice
	front  map[string]any // of the ID token that came with the code
}

// tokenAnswer is what the token endpoint says (OpenID Connect Core section 3.1.3.3).
type tokenAnswer struct {
	Access    string      `json:"access_token"`
	Type      string      `json:"token_type"`
	ID        string      `json:"id_token"`
	Refresh   string      `json:"refresh_token"`
	Scope     string      `json:"scope"`
	ExpiresIn json.Number `json:"expires_in"`
}

// Complete implements federation.Redirector.
func (c *connector) Complete(ctx context.Context, a federation.Arrival) (*federation.Identity, error) {
	t := &attempt{c: c, a: a}
	if err := json.Unmarshal(a.Kept, &t.kept); err != nil {
		return nil, err
	}
	var err error
	if t.m, err = c.discover(ctx); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, rowsCallback()); err != nil {
		return nil, err
	}
	if c.c.ResponseType == hybrid {
		if err := t.arrived(ctx); err != nil {
			return nil, err
		}
	}
	if err := t.redeem(ctx); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, rowsAnswer()); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, append(rowsToken(), c.c.template.rows()...)); err != nil {
		return nil, err
	}
	if err := t.userinfo(ctx); err != nil {
		return nil, err
	}
	return t.identity(), nil
}

// redeem asks the token endpoint, which is this provider's own: a code of another one is worth nothing there (RFC 9700 section 4.4).
func (t *attempt) redeem(ctx context.Context) error {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {t.a.Params.Get("code")}, "redirect_uri": {t.a.Wish.CallbackURL}}
	if t.kept.Verifier != "" {
		form.Set("code_verifier", t.kept.Verifier)
	}
	no, err := t.exchange(ctx, form)
	if no == "invalid_grant" {
		return refuse("oidc_answer.grant", "a code that counts", "one that does not", "code")
	}
	return err
}

// tokenType is what the provider's tokens must be.
func (c *connector) tokenType() string {
	if c.c.DPoP {
		return "DPoP"
	}
	return "Bearer"
}
