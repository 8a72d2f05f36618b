package core

import (
	"context"
	"net/http"
	"time"

	"github.com/ory/fosite"
)

// ClientLimits bounds how often a client may ask. wait above zero: not before then.
type ClientLimits interface {
	ClientWait(ctx context.Context, endpoint string, c *Client) (wait time.Duration)
}

// checkClientLimit counts a request of a client that has proved who it is: nobody else can use up what it may ask.
func checkClientLimit(ctx context.Context, r *AuthnRequest) error {
	if r.a.Limits == nil {
		return nil
	}
	if wait := r.a.Limits.ClientWait(ctx, r.Endpoint, r.Client); wait > 0 {
		return TooManyRequests(wait)
	}
	return nil
}

// TooManyRequests says that a client asks too often.
func TooManyRequests(wait time.Duration) *Refusal {
	r := Refuse(fosite.ErrTemporarilyUnavailable, "This client asks too often; try again later.", "fewer requests", "more")
	r.Err.CodeField, r.After = http.StatusTooManyRequests, wait
	return r
}
