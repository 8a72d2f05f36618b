package device

import (
	"context"
	"net/netip"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// answer is RFC 8628 section 3.2's.
type answer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
	Interval   int    `json:"interval"`   // seconds
}

// collisions is how often another user code is drawn: one in 25 billion is taken.
const collisions = 5

// insert stores the request under a user code that no open request has.
func (e *Endpoint) insert(ctx context.Context, r *request, ip netip.Addr) (*answer, error) {
	most := storage.PendingCap{PerClient: maxPerClient, PerAddress: maxPerAddress}
	if r.client.Public() {
		most.PerAddress = maxOfPublic
	}
	for range collisions {
		p, a, err := e.pending(r, ip)
		if err != nil {
			return nil, err
		}
		err = e.d.Store.InsertPending(ctx, p, most)
		switch {
		case err == nil:
			return a, nil
		case errs.Is(err, errs.Throttled):
			return nil, core.TooManyWaiting(err)
		case !errs.Is(err, errs.Conflict):
			return nil, err
		}
	}
	return nil, errs.New(errs.Unavailable, "No free code was found.")
}

func (e *Endpoint) pending(r *request, ip netip.Addr) (*storage.Pending, *answer, error) {
	now := e.d.Now()
	code := newUserCode()
	w := &core.Waiting{Scopes: r.scopes, Resources: r.resources, UserCode: code.String()}
	if ip.IsValid() {
		w.IP = ip.String()
	}
	p := &storage.Pending{
		Tenant: e.d.Tenant, ID: storage.NewID(now), Kind: storage.PendingDevice, Client: r.client.ID, State: storage.PendingOpen, Interval: interval,
		Address: e.address(ip), UserCode: e.d.Ring.Index("pending", "user_code", []byte(code)), ExpiresAt: now.Add(e.d.Lifetime), CreatedAt: now,
	}
	a := &answer{
		UserCode: code.String(), URI: e.d.Issuer + path, Complete: e.d.Issuer + path + "?" + url.Values{"user_code": {code.String()}}.Encode(),
		ExpiresIn: int64(e.d.Lifetime / time.Second), Interval: interval,
	}
	a.DeviceCode, p.Handle = e.d.Tokens.Handle(storage.PendingDevice, p.Client, p.ID)
	var err error
	p.Request, err = core.SealWaiting(e.d.Vault, p.Tenant, p.ID, w)
	return p, a, err
}
