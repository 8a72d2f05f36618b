package core

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Refusal is a check that said no: the protocol error for the client, and what was expected and received, for the log only.
type Refusal struct {
	Err      *fosite.RFC6749Error
	Expected string
	Received string // redacted: a kind, a length or a public value, never a secret
	Page     bool   // answered with a page, never with a redirect
	PageText string // catalogue key of what the page says; empty: the description
	Cause    error  // hidden

	After time.Duration // when to try again, with status 429; 0: in a moment

	Challenge string // what goes on in a resource's WWW-Authenticate, from the comma on
}

// Error implements error.
func (r *Refusal) Error() string { return r.Err.ErrorField + ": " + r.Err.DescriptionField }

// Unwrap returns the hidden cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// Refuse makes a refusal from a fosite error with our own description. The description reaches the client.
func Refuse(base *fosite.RFC6749Error, description, expected, received string) *Refusal {
	e := *base
	e.HintField, e.DebugField, e.DescriptionField = "", "", description
	return &Refusal{Err: &e, Expected: expected, Received: received}
}

// OnPage marks the refusal as one that must be shown to the person, since no redirect URI can be trusted yet. text is a catalogue key or empty.
func (r *Refusal) OnPage(text string) *Refusal {
	r.Page, r.PageText = true, text
	return r
}

// protocolError is an error code that fosite does not know.
func protocolError(code string, status int) *fosite.RFC6749Error {
	return &fosite.RFC6749Error{ErrorField: code, CodeField: status}
}

// InvalidTarget is RFC 8707's invalid_target (section 2).
func InvalidTarget(description, received string) *Refusal {
	return Refuse(protocolError("invalid_target", http.StatusBadRequest), description, "a resource registered for the client", received)
}

// UnmetAuthentication is OpenID's unmet_authentication_requirements.
func UnmetAuthentication(expected, received string) *Refusal {
	return Refuse(protocolError("unmet_authentication_requirements", http.StatusBadRequest), "The requested authentication cannot be met.", expected, received)
}

// InvalidToken is RFC 6750's invalid_token.
func InvalidToken(expected, received string) *Refusal {
	return Refuse(protocolError("invalid_token", http.StatusUnauthorized), "The access token is expired, revoked, malformed, or not meant for this endpoint.", expected, received)
}

// InsufficientScope is RFC 6750's insufficient_scope.
func InsufficientScope(expected string) *Refusal {
	return Refuse(protocolError("insufficient_scope", http.StatusForbidden), "The request needs a scope that the access token does not have.", expected, "a token without it")
}

// InvalidClient is RFC 6749's invalid_client with one wording, whatever the reason (TK08).
func InvalidClient(expected, received string) *Refusal {
	return Refuse(fosite.ErrInvalidClient, "Client authentication failed.", expected, received)
}

// InvalidGrant is RFC 6749's invalid_grant with one wording, whatever the reason.
func InvalidGrant(expected, received string) *Refusal {
	return Refuse(fosite.ErrInvalidGrant, "The grant or refresh token is unknown, used, expired, revoked, or belongs to another client.", expected, received)
}

// InvalidRequest is RFC 6749's invalid_request.
func InvalidRequest(description, expected, received string) *Refusal {
	return Refuse(fosite.ErrInvalidRequest, description, expected, received)
}

// Unavailable wraps a failure of ours as temporarily_unavailable; the cause is for the log.
func Unavailable(cause error) *Refusal {
	r := Refuse(fosite.ErrTemporarilyUnavailable, "The service is busy; try again in a moment.", "an answer from the database", "none")
	r.Cause = cause
	return r
}

// AsRefusal turns any error of a handler into what the client is told: refusals as they are, our own failures as 503 or 500 without detail.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	if errs.CodeOf(err) == errs.Unavailable || errs.CodeOf(err) == errs.Throttled || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Unavailable(err)
	}
	var e *fosite.RFC6749Error
	if errors.As(err, &e) && e.CodeField < http.StatusInternalServerError {
		f := Refuse(e, e.DescriptionField, "a request that the protocol library accepts", e.HintField)
		f.Cause = err
		return f
	}
	f := Refuse(fosite.ErrServerError, "Something went wrong here.", "no internal failure", "one")
	f.Cause = err
	return f
}

// InvalidScope is RFC 6749's invalid_scope.
func InvalidScope(expected, received string) *Refusal {
	return Refuse(fosite.ErrInvalidScope, "The requested scope is unknown, malformed, or exceeds what may be granted.", expected, received)
}

// InvalidDPoPProof is RFC 9449's invalid_dpop_proof (section 5).
func InvalidDPoPProof(expected, received string) *Refusal {
	return Refuse(protocolError(codeDPoPProof, http.StatusBadRequest), "The DPoP proof is missing or invalid.", expected, received)
}

// UseDPoPNonce is RFC 9449's use_dpop_nonce (sections 8 and 9): the answer's DPoP-Nonce is to be put into the proof.
func UseDPoPNonce(received string) *Refusal {
	return Refuse(protocolError(codeDPoPNonce, http.StatusBadRequest), "The DPoP proof must have the nonce that this answer names.", "a nonce of ours", received)
}

const (
	codeDPoPProof = "invalid_dpop_proof"
	codeDPoPNonce = "use_dpop_nonce"
)
