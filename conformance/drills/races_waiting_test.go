package drills

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// What a person allowed away from the client is fetched once: 16 polls at once for each device_code and each auth_req_id.
func TestRacesForApprovalsOnSQLite(t *testing.T)   { approvalRaces(t, onSQLite, 7) }
func TestRacesForApprovalsOnPostgres(t *testing.T) { approvalRaces(t, onPostgres, 8) }

// approval is a request that a person has allowed, of one kind.
type approval struct {
	kind             storage.PendingKind
	grantType, param string
	client           *storage.Client
	secret           string
}

func approvalRaces(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	a := newArena(newCluster(t, kind).boot(size(kind)), set, set.choices(who))
	for _, k := range []approval{
		{kind: storage.PendingDevice, grantType: "urn:ietf:params:oauth:grant-type:device_code", param: "device_code"},
		{kind: storage.PendingCIBA, grantType: "urn:openid:params:grant-type:ciba", param: "auth_req_id"},
	} {
		a.waiter(&k)
		a.tally = tally{}
		begun := time.Now()
		for a.races < set.races && !t.Failed() {
			a.approvalBatch(&k, min(raceBatch, set.races-a.races))
		}
		set.report(t, run{drill: "races for " + k.param, database: kind, begun: begun, size: fmt.Sprintf("%d races of %d requests over %d process(es)", a.races, runners, len(a.nodes)),
			figures: fmt.Sprintf("%d requests granted, %d refused", a.granted, a.refused)})
	}
}

// approvalBatch stores n requests with the person's yes and lets each be raced for.
func (a *arena) approvalBatch(k *approval, n int) {
	a.t.Helper()
	rows := make([]*storage.Pending, n)
	for i := range rows {
		rows[i] = a.allowed(k)
	}
	a.allow(rows)
	for _, row := range rows {
		a.set.progress(a.t, a.races, k.param)
		a.raceApproval(k, row)
	}
}

// waiter registers the client of a kind.
func (a *arena) waiter(k *approval) {
	a.t.Helper()
	m := storage.ClientMetadata{ClientName: "Racer", GrantTypes: []string{k.grantType, "refresh_token"}, Scope: "openid email offline_access", TokenEndpointAuthMethod: "client_secret_post"}
	r, err := a.db.Registrar.Create(context.Background(), m, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
	if err != nil {
		a.t.Fatal(err)
	}
	k.client, k.secret = r.Client, r.Secret
}

// allowed is an open request.
func (a *arena) allowed(k *approval) *storage.Pending {
	a.t.Helper()
	now := a.clock.now()
	p := &storage.Pending{
		Tenant: a.db.Tenant, ID: storage.NewID(now), Kind: k.kind, Client: k.client.ID, Person: a.person.ID, State: storage.PendingOpen, Interval: 5,
		ExpiresAt: now.Add(10 * time.Minute), CreatedAt: now,
	}
	_, p.Handle = a.db.tokens.Handle(k.kind, p.Client, p.ID)
	var err error
	if p.Request, err = core.SealWaiting(a.db.Ring, p.Tenant, p.ID, &core.Waiting{Scopes: []string{"openid", "email", "offline_access"}}); err != nil {
		a.t.Fatal(err)
	}
	return p
}

// allow stores the requests with the person's yes to each.
func (a *arena) allow(rows []*storage.Pending) {
	a.t.Helper()
	err := a.db.DB.InTx(context.Background(), func(ctx context.Context) error {
		for _, p := range rows {
			if err := a.db.DB.InsertPending(ctx, p, storage.PendingCap{}); err != nil {
				return err
			}
			d, err := core.SealDecision(a.db.Ring, p.Tenant, p.ID, core.Decision{Scopes: []string{"openid", "email", "offline_access"}, ACR: "1", AuthTime: a.clock.now().Unix()})
			if err != nil {
				return err
			}
			yes, err := a.db.DB.DecidePending(ctx, storage.DecidePending{Tenant: p.Tenant, ID: p.ID, Person: p.Person, Approve: true, Decision: d, Now: a.clock.now()}, nil)
			if err != nil || !yes {
				return fmt.Errorf("not allowed: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// raceApproval wants one token set, and one grant behind it.
func (a *arena) raceApproval(k *approval, p *storage.Pending) {
	a.t.Helper()
	handle, _ := a.db.tokens.Handle(k.kind, p.Client, p.ID)
	granted, _ := a.race(url.Values{"grant_type": {k.grantType}, k.param: {handle}, "client_id": {k.client.ClientID}, "client_secret": {k.secret}})
	if len(granted) != 1 {
		a.t.Errorf("%s: %d token sets", k.kind, len(granted))
	}
	row, err := a.db.DB.PendingByID(context.Background(), p.Tenant, p.ID)
	if err != nil || row.State != storage.PendingSpent {
		a.t.Errorf("%s: %v %v", k.kind, row, err)
	}
}
