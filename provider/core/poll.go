package core

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// pollSlack is how much too soon a poll may come: networks are not even.
const pollSlack = 500 * time.Millisecond

// AuthorizationPending is RFC 8628 section 3.5's authorization_pending.
func AuthorizationPending() *Refusal {
	return Refuse(protocolError("authorization_pending", http.StatusBadRequest), "The person has not answered yet.", "an answer", "none yet")
}

// SlowDown is RFC 8628 section 3.5's slow_down.
func SlowDown() *Refusal {
	return Refuse(protocolError("slow_down", http.StatusBadRequest), "Poll more slowly: the interval is 5 seconds longer from now on.", "a poll after the interval", "one too soon")
}

// ExpiredToken is RFC 8628 section 3.5's expired_token.
func ExpiredToken() *Refusal {
	return Refuse(protocolError("expired_token", http.StatusBadRequest), "The request has expired; begin again.", "an unexpired request", "an expired one")
}

// accessDenied is RFC 8628 section 3.5's access_denied, an answer of the token endpoint (RFC 6749 section 5.2).
func accessDenied(description, expected, received string) *Refusal {
	return Refuse(protocolError("access_denied", http.StatusBadRequest), description, expected, received)
}

// TooManyWaiting says that as many requests wait for people as may.
func TooManyWaiting(cause error) *Refusal {
	r := Refuse(fosite.ErrTemporarilyUnavailable, "Too many requests wait to be answered; try again in a moment.", "fewer waiting requests", "more")
	r.Err.CodeField, r.Cause = http.StatusTooManyRequests, cause
	return r
}

// PollStore is where requests wait.
type PollStore interface {
	PendingByID(ctx context.Context, tenant, id storage.ID) (*storage.Pending, error)
	PollPending(ctx context.Context, cmd storage.PollPending) (state storage.PendingState, tooFast bool, err error)
	SpendPending(ctx context.Context, cmd storage.SpendPending, g *storage.Grant, ev *storage.AuditEvent) (bool, error)
}

// Poll is a client's question at the token endpoint whether a person has answered, as the rows of the device and CIBA grants judge it.
type Poll struct {
	*TokenRequest
	d *Decoupled

	id       storage.ID
	pending  *storage.Pending
	tooFast  bool
	waiting  *Waiting
	decision Decision
	person   *storage.Person
}

// Genuine reports whether a token request names a request that we made for its client.
func (d *Decoupled) Genuine(r *TokenRequest) bool {
	_, ok := d.Tokens.ParseHandle(d.Kind, r.Client.ID, r.Form.Get(d.Param))
	return ok
}

// CheckHandle takes a device_code or auth_req_id that we made for this client. Any other dies without a query.
func CheckHandle(_ context.Context, p *Poll) error {
	handle := p.Form.Get(p.d.Param)
	if handle == "" {
		return InvalidRequest("The "+p.d.Param+" parameter is missing.", "a "+p.d.Param, "none")
	}
	id, ok := p.d.Tokens.ParseHandle(p.d.Kind, p.Client.ID, handle)
	if !ok {
		return InvalidGrant("a "+p.d.Param+" of this client", "another text")
	}
	p.id = id
	return nil
}

// CheckStands finds the request. One of ours that is gone was swept after it had expired.
func CheckStands(ctx context.Context, p *Poll) error {
	row, err := p.d.Store.PendingByID(ctx, p.d.Tenant, p.id)
	if errs.CodeOf(err) == errs.NotFound {
		return ExpiredToken()
	}
	if err != nil {
		return err
	}
	if row.Kind != p.d.Kind || row.Client != p.Client.ID {
		return InvalidGrant("a request of this client", "another's")
	}
	p.pending = row
	return nil
}

// CheckUnspent refuses a request that tokens were issued for.
func CheckUnspent(_ context.Context, p *Poll) error {
	if p.pending.State == storage.PendingSpent {
		return InvalidGrant("a request without tokens", "a spent one")
	}
	return nil
}

// CheckUnexpired is RFC 8628 section 3.5's and OpenID CIBA section 11's expired_token.
func CheckUnexpired(_ context.Context, p *Poll) error {
	if !p.d.Now().Before(p.pending.ExpiresAt) {
		return ExpiredToken()
	}
	return nil
}

// CheckPace counts a poll for a request that waits; one that comes too soon lengthens the interval.
func CheckPace(ctx context.Context, p *Poll) error {
	if p.pending.State != storage.PendingOpen {
		return nil
	}
	cmd := storage.PollPending{Tenant: p.d.Tenant, ID: p.id, Client: p.Client.ID, Now: p.d.Now(), Slack: pollSlack}
	state, tooFast, err := p.d.Store.PollPending(ctx, cmd)
	if errs.CodeOf(err) == errs.NotFound {
		return ExpiredToken()
	}
	if err != nil {
		return err
	}
	if state != storage.PendingOpen { // answered between the two looks
		if err := CheckStands(ctx, p); err != nil {
			return err
		}
		return CheckUnspent(ctx, p)
	}
	if tooFast {
		return SlowDown()
	}
	return nil
}

// CheckAllowed refuses what the person denied.
func CheckAllowed(_ context.Context, p *Poll) error {
	if p.pending.State == storage.PendingDenied {
		return accessDenied("The person did not allow it.", "a yes", "a no")
	}
	return nil
}

// CheckAnswered reads the answer, if there is one.
func CheckAnswered(_ context.Context, p *Poll) (err error) {
	if p.pending.State != storage.PendingApproved {
		return AuthorizationPending()
	}
	if p.waiting, err = OpenWaiting(p.d.Vault, p.pending); err != nil {
		return err
	}
	p.decision, err = OpenDecision(p.d.Vault, p.pending)
	return err
}

// CheckRegistered judges again what was allowed: the registration may have changed while the person thought.
func CheckRegistered(ctx context.Context, p *Poll) (err error) {
	if p.decision.Scopes, err = RequestedScopes(p.Client, strings.Join(p.decision.Scopes, " ")); err != nil {
		return err
	}
	p.waiting.Resources, err = p.d.Issuance.Resources.Requested(ctx, p.Client, p.waiting.Resources)
	return err
}

// CheckPerson refuses a person who is gone, locked or disabled since.
func CheckPerson(ctx context.Context, p *Poll) (err error) {
	p.person, err = p.d.Live.ActivePerson(ctx, p.pending.Person)
	return err
}
