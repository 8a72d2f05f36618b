package oidc

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// maxAnswer bounds what a provider says at once, in bytes.
const maxAnswer = 256 << 10

// exchange asks the token endpoint for tokens (RFC 6749 sections 4.1.3 and 6). refused is the error of RFC 6749 section 5.2 by which it said no to
// the grant; every other failure is the provider's trouble, or ours.
func (t *attempt) exchange(ctx context.Context, form url.Values) (refused string, err error) {
	answer, err := t.c.post(ctx, t.m, t.m.Token, form)
	if err != nil {
		return "", err
	}
	return t.read(answer)
}

// post sends a form to an endpoint that wants to know who we are; once more, where it wants another nonce in our proof.
func (c *connector) post(ctx context.Context, m *metadata, endpoint string, form url.Values) (answer *fetch.Response, err error) {
	for range 2 {
		h, body := accept(), maps.Clone(form)
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := c.authenticate(m, h, body); err != nil {
			return nil, err
		}
		if err := c.prove(h, http.MethodPost, endpoint, ""); err != nil {
			return nil, err
		}
		answer, err = c.proven.Do(ctx, fetch.Request{Method: http.MethodPost, URL: endpoint, Header: h, Body: []byte(body.Encode()), MaxBytes: maxAnswer})
		if err != nil {
			return nil, away(err)
		}
		if given := c.nonces.keep(endpoint, answer); !c.c.DPoP || !given || !wantsNonce(answer) {
			break
		}
	}
	return answer, nil
}

// authenticate adds how this server shows who it is (OpenID Connect Core section 9).
func (c *connector) authenticate(m *metadata, h http.Header, form url.Values) error {
	secret := c.c.ClientSecret
	if c.c.template.secret != nil {
		var err error
		if secret, err = c.minted.get(c.now(), c.c); err != nil {
			return err
		}
	}
	switch c.c.AuthMethod {
	case methodBasic: // both parts form-encoded (RFC 6749 section 2.3.1)
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(c.c.ClientID), url.QueryEscape(secret))
		h.Set("Authorization", r.Header.Get("Authorization"))
		return nil
	case methodPost:
		form.Set("client_secret", secret)
	case methodJWT:
		assertion, err := c.assertion(m)
		if err != nil {
			return err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	}
	form.Set("client_id", c.c.ClientID)
	return nil
}

// assertionLife is how long a client assertion counts.
const assertionLife = time.Minute

// assertion is a JWT that we sign about ourselves (RFC 7523 section 3). It is for the issuer alone, as the profiles of FAPI want it.
func (c *connector) assertion(m *metadata) (string, error) {
	now := c.now()
	claims, err := json.Marshal(map[string]any{
		"iss": c.c.ClientID, "sub": c.c.ClientID, "aud": m.Issuer, "jti": random(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	return signCompact(*c.c.keys.sign, claims, "JWT")
}

// read takes the answer. A refusal of the grant is named; one of ourselves, or none, is the provider's trouble or ours.
func (t *attempt) read(answer *fetch.Response) (refused string, err error) {
	if no := t.c.c.template.refused(answer); no != "" || !answer.OK() {
		if no == "invalid_grant" {
			return no, away(errs.New(errs.Unavailable, "The token endpoint refused the grant."))
		}
		return "", away(errs.New(errs.Unavailable, "The token endpoint refused this server."))
	}
	if err := json.Unmarshal(answer.Body, &t.tokens); err != nil {
		return "", away(err)
	}
	return "", nil
}

// refusedBy reads an error answer (RFC 6749 section 5.2).
func refusedBy(answer *fetch.Response) string {
	var no struct {
		Error string `json:"error"`
	}
	if answer.OK() || json.Unmarshal(answer.Body, &no) != nil {
		return ""
	}
	return no.Error
}
