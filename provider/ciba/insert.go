package ciba

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	interval     = 5 // seconds between two polls
	maxPerClient = 5000
)

// answer is section 7.3's.
type answer struct {
	ID        string `json:"auth_req_id"`
	ExpiresIn int64  `json:"expires_in"` // seconds
	Interval  int    `json:"interval"`   // seconds
}

// insert stores the request for its person.
func (e *Endpoint) insert(ctx context.Context, r *request) (*answer, error) {
	now := e.d.Now()
	w := &core.Waiting{Scopes: r.scopes, Resources: r.resources, Message: r.get("binding_message"), ACR: r.acr}
	if r.client.Metadata.BackchannelDelivery == Ping {
		w.Notify = r.get("client_notification_token")
	}
	p := &storage.Pending{
		Tenant: e.d.Tenant, ID: storage.NewID(now), Kind: storage.PendingCIBA, Client: r.client.ID, Person: r.person.ID, State: storage.PendingOpen,
		Interval: interval, ExpiresAt: now.Add(r.life), CreatedAt: now,
	}
	if r.ip.IsValid() {
		w.IP = r.ip.String()
		p.Address = e.d.Ring.Index("pending", "address", []byte(ratelimit.AddrKey(r.ip)))
	}
	a := &answer{ExpiresIn: int64(r.life / time.Second), Interval: interval}
	a.ID, p.Handle = e.d.Tokens.Handle(storage.PendingCIBA, p.Client, p.ID)
	var err error
	if p.Request, err = core.SealWaiting(e.d.Vault, p.Tenant, p.ID, w); err != nil {
		return nil, err
	}
	err = e.d.Store.InsertPending(ctx, p, storage.PendingCap{PerClient: maxPerClient, PerPerson: 2 * e.d.Most})
	if errs.Is(err, errs.Throttled) {
		return nil, core.TooManyWaiting(err)
	}
	return a, err
}
