package ciba

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// maxListed is how many requests a person is shown at once.
const maxListed = 50

// Approval is a request that waits for its person.
type Approval struct {
	ID      storage.ID
	Client  *core.Client
	Waiting *core.Waiting
	At      time.Time // when it was asked
	Until   time.Time
	row     *storage.Pending
}

// Lacks is what a session has not got that may allow the request: it is believed, of a class that the client asked for, and what the operator's rules want.
func (e *Endpoint) Lacks(ctx context.Context, a *Approval, s *storage.Session, p *storage.Person) policy.Lack {
	h := e.d.Rules.Hold(ctx, core.Question{
		Act: policy.CIBA, Client: a.Client, Session: s, Person: p, Scopes: a.Waiting.Scopes, Resources: a.Waiting.Resources,
	})
	switch {
	case h.Lack != policy.Nothing:
		return h.Lack
	case session.Distrusted(s):
		return policy.Fresh
	case !a.classed(s):
		return policy.Class
	}
	return policy.Nothing
}

func (a *Approval) classed(s *storage.Session) bool {
	return len(a.Waiting.ACR) == 0 || slices.ContainsFunc(a.Waiting.ACR, func(want string) bool { return core.MeetsACR(s.ACR, want) })
}

// List is what waits for a person, oldest first.
func (e *Endpoint) List(ctx context.Context, person storage.ID) ([]Approval, error) {
	rows, err := e.d.Store.PendingFor(ctx, e.d.Tenant, person, storage.ID{}, e.d.Now(), maxListed)
	if err != nil {
		return nil, err
	}
	var out []Approval
	for i := range rows {
		a, err := e.open(ctx, &rows[i])
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *a)
	}
	return out, nil
}

// Find is one request that waits for that person; errs.NotFound for any other.
func (e *Endpoint) Find(ctx context.Context, person, id storage.ID) (*Approval, error) {
	row, err := e.d.Store.PendingByID(ctx, e.d.Tenant, id)
	if err != nil {
		return nil, err
	}
	if row.Person != person {
		return nil, errs.New(errs.NotFound, "")
	}
	return e.open(ctx, row)
}

func (e *Endpoint) open(ctx context.Context, row *storage.Pending) (*Approval, error) {
	if row.Kind != storage.PendingCIBA || !row.Live(e.d.Now()) {
		return nil, errs.New(errs.NotFound, "")
	}
	client, err := e.d.Clients.ByRow(ctx, row.Client)
	if err != nil {
		return nil, err
	}
	if client.Disabled || !client.MayUse(GrantType) {
		return nil, errs.New(errs.NotFound, "")
	}
	if err := e.permitted(ctx, client, row.Person); err != nil {
		return nil, err
	}
	w, err := core.OpenWaiting(e.d.Vault, row)
	return &Approval{ID: row.ID, Client: client, Waiting: w, At: row.CreatedAt, Until: row.ExpiresAt, row: row}, err
}

// permitted is errs.NotFound for somebody who may not use the client any more.
func (e *Endpoint) permitted(ctx context.Context, client *core.Client, person storage.ID) error {
	p, err := e.d.Store.PersonByID(ctx, e.d.Tenant, person)
	if err != nil {
		return err
	}
	ok, err := e.d.Live.Permitted(ctx, client, p)
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "")
	}
	return err
}

// Decide records a person's answer in their session; granted are the scopes of a yes, nil is a no. It reports false when the request did not wait any
// more. errs.Forbidden for a yes in a session that lacks something.
func (e *Endpoint) Decide(ctx context.Context, a *Approval, s *storage.Session, p *storage.Person, granted []string) (bool, error) {
	if granted != nil && e.Lacks(ctx, a, s, p) != policy.Nothing {
		return false, errs.New(errs.Forbidden, "This needs a stronger sign-in.")
	}
	cmd := storage.DecidePending{Tenant: e.d.Tenant, ID: a.ID, Person: s.Person, Session: s.ID, Approve: granted != nil, Now: e.d.Now()}
	return e.record(ctx, a, cmd, core.DecisionIn(s, granted))
}

// record writes the answer, with the notification of a client that waits for one in the same transaction.
func (e *Endpoint) record(ctx context.Context, a *Approval, cmd storage.DecidePending, d core.Decision) (decided bool, err error) {
	kind := audit.ConsentDeny
	if cmd.Approve {
		kind = audit.ConsentGrant
		if cmd.Decision, err = core.SealDecision(e.d.Vault, e.d.Tenant, a.ID, d); err != nil {
			return false, err
		}
	}
	if cmd.Outbox, err = e.pings(a, cmd.Now); err != nil {
		return false, err
	}
	ev := e.d.Audit.Row(ctx, e.d.Tenant, audit.Event{
		Type: kind, Severity: audit.Info, ActorKind: audit.Person, Actor: cmd.Person.String(), Target: "client:" + a.Client.ID.String(),
		Client: a.Client.ClientID, Outcome: audit.Success, Reason: "ciba", Data: map[string]any{"scopes": d.Scopes, "resources": a.Waiting.Resources},
	})
	decided, err = e.d.Store.DecidePending(ctx, cmd, ev)
	if decided && cmd.Approve { // it was wanted
		e.unasked.Give(allowance(a.Client.ID, cmd.Person))
	}
	return decided, err
}

// pings are the notification of the client, if it wants one.
func (e *Endpoint) pings(a *Approval, now time.Time) ([]*storage.OutboxMessage, error) {
	if a.Waiting.Notify == "" {
		return nil, nil
	}
	handle, _ := e.d.Tokens.Handle(storage.PendingCIBA, a.Client.ID, a.ID)
	m, err := outbox.Compose(e.d.Sealer, now, outbox.Draft{
		Tenant: e.d.Tenant, Kind: PingKind, Target: a.ID.String(), Payload: ping{Client: a.Client.ID, ID: handle, Token: a.Waiting.Notify, Until: a.Until},
	})
	return []*storage.OutboxMessage{m}, err
}
