package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// enrolment is a provider's answer to a registration on its way through the table.
type enrolment struct {
	c      *connector
	answer *fetch.Response
	said   registered
}

func rowsRegistration() []verdict.Row[*enrolment] {
	return []verdict.Row[*enrolment]{
		{Name: "oidc_registration.answer", Reason: "answer", Check: checkRegistered},
		{Name: "oidc_registration.client_id", Reason: "client_id", Check: checkGivenID},
		{Name: "oidc_registration.method", Reason: "method", Check: checkGivenMethod},
		{Name: "oidc_registration.secret", Reason: "secret", Check: checkGivenSecret},
	}
}

func checkRegistered(_ context.Context, t *enrolment) (expected, received string, err error) {
	switch {
	case t.answer.Status != http.StatusCreated && t.answer.Status != http.StatusOK:
		received = "a refusal"
		if code := registrationError(t.answer.Body); code != "" {
			received = code
		}
	case json.Unmarshal(t.answer.Body, &t.said) != nil:
		received = "another text"
	}
	return "a client's metadata", received, nil
}

// registrationError is the error of RFC 7591 section 3.2.2, if it is one of those there.
func registrationError(body []byte) string {
	var no struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &no) != nil {
		return ""
	}
	switch no.Error {
	case "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement", "invalid_token":
		return no.Error
	}
	return ""
}

func checkGivenID(_ context.Context, t *enrolment) (expected, received string, err error) {
	if id := t.said.ClientID; id == "" || len(id) > 255 || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		received = "none, or another"
	}
	return "a client_id of at most 255 characters (RFC 6749 appendix A.1)", received, nil
}

// checkGivenMethod: a provider may put another value in the place of ours (RFC 7591 section 3.2.1), by which we could not show who we are.
func checkGivenMethod(_ context.Context, t *enrolment) (expected, received string, err error) {
	if m := t.said.Method; m != "" && m != t.c.c.AuthMethod {
		received = "another"
	}
	return "the way of authentication that was asked for", received, nil
}

func checkGivenSecret(_ context.Context, t *enrolment) (expected, received string, err error) {
	switch {
	case !t.c.usesSecret():
	case t.said.Secret == "":
		received = "none"
	case t.said.Expires != 0:
		received = "one that ends"
	}
	return "a secret that does not end", received, nil
}
