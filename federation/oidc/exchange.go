package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// maxAnswer bounds what a provider says at once, in bytes.
const maxAnswer = 256 << 10

// exchange asks the token endpoint for tokens (RFC 6749 sections 4.1.3 and 6). refused is the error of RFC 6749 section 5.2 by which it said no to the grant; every
// other failure is the provider's trouble, or ours.
func (t *attempt) exchange(ctx context.Context, form url.Values) (refused string, err error) {
	h := accept()
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := t.c.authenticate(h, form); err != nil {
		return "", err
	}
	answer, err := t.c.ask.Do(ctx, fetch.Request{Method: http.MethodPost, URL: t.m.Token, Header: h, Body: []byte(form.Encode()), MaxBytes: maxAnswer})
	if err != nil {
		return "", away(err)
	}
	return t.read(answer)
}

// authenticate adds how this server shows who it is (OpenID Connect Core section 9).
func (c *connector) authenticate(h http.Header, form url.Values) error {
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
	case methodPost:
		form.Set("client_id", c.c.ClientID)
		form.Set("client_secret", secret)
	default:
		form.Set("client_id", c.c.ClientID)
	}
	return nil
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
