package oidc

import (
	"context"
	"net/http"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

const jwtType = "application/jwt"

// userinfo adds what the UserInfo endpoint says, if that is wanted. It must be about the subject of the ID token (OpenID Connect Core section 5.3.2,
// FE08).
func (t *attempt) userinfo(ctx context.Context) error {
	if !t.c.c.Userinfo || t.m.Userinfo == "" {
		return nil
	}
	if !t.c.fit(t.m.Userinfo) {
		return away(errs.New(errs.Invalid, "The UserInfo endpoint is not https."))
	}
	answer, err := t.about(ctx)
	if err != nil {
		return err
	}
	if !answer.OK() {
		return away(errs.New(errs.Unavailable, "The UserInfo endpoint refused its own token."))
	}
	more, err := t.said(ctx, answer.Body)
	if err != nil {
		return err
	}
	if sub, _ := more["sub"].(string); sub == "" || sub != t.claims["sub"] {
		return refuse("oidc_userinfo.sub", "the subject of the ID token", "another", "subject")
	}
	for name, value := range more {
		if _, signed := t.claims[name]; !signed { // what is signed goes first
			t.claims[name] = value
		}
	}
	return nil
}

// about asks the UserInfo endpoint.
func (t *attempt) about(ctx context.Context) (answer *fetch.Response, err error) {
	kind := jsonType
	if t.c.c.SignedUserinfo {
		kind = jwtType
	}
	for range 2 {
		h := http.Header{"Accept": {kind}}
		h.Set("Authorization", t.c.tokenType()+" "+t.tokens.Access)
		if err := t.c.prove(h, http.MethodGet, t.m.Userinfo, t.tokens.Access); err != nil {
			return nil, err
		}
		if answer, err = t.c.proven.Do(ctx, fetch.Request{URL: t.m.Userinfo, Header: h, Types: []string{kind}, MaxBytes: maxAnswer}); err != nil {
			return nil, away(err)
		}
		if given := t.c.nonces.keep(t.m.Userinfo, answer); !t.c.c.DPoP || !given || !wantsNonce(answer) {
			break
		}
	}
	return answer, nil
}

// said reads what the endpoint answered: a JSON object, or one that the provider has signed for us (OpenID Connect Core section 5.3.2).
func (t *attempt) said(ctx context.Context, body []byte) (map[string]any, error) {
	if !t.c.c.SignedUserinfo {
		more, err := keys.DecodeClaims(body)
		if err != nil {
			return nil, away(err)
		}
		return more, nil
	}
	s := &attempt{c: t.c, m: t.m, a: t.a, kept: t.kept, tokens: tokenAnswer{ID: string(body)}}
	if err := judge(ctx, s, rowsUserinfo()); err != nil {
		return nil, err
	}
	return s.claims, nil
}

func rowsUserinfo() []row {
	return []row{
		{Name: "oidc_userinfo.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_userinfo.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_userinfo.aud", Reason: "audience", Check: checkAudience},
	}
}
