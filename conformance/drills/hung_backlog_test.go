package drills

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A long hang leaves many messages, to as many recipients. Taking one of them must not take longer and longer: on PostgreSQL it once took the square of it, and
// nothing was delivered any more.
const (
	backlog      = 4000
	backlogClaim = time.Second // tens of milliseconds are usual
)

func TestHungBacklogOnSQLite(t *testing.T)   { hungBacklog(t, onSQLite) }
func TestHungBacklogOnPostgres(t *testing.T) { hungBacklog(t, onPostgres) }

func hungBacklog(t *testing.T, kind string) {
	c := newCluster(t, kind)
	db := c.open(time.Now)
	defer db.shut(t)
	ctx := context.Background()
	var all []*storage.OutboxMessage
	for i := range backlog {
		d := outbox.Draft{Tenant: db.Tenant, Kind: []string{"mail", "sms"}[i%2], Target: fmt.Sprintf("%032x", i*7919), Payload: "x"}
		m, err := outbox.Compose(db.Ring, time.Now(), d)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	if err := db.DB.InsertOutbox(ctx, all...); err != nil {
		t.Fatal(err)
	}
	var claims, ends []time.Duration
	for range 9 {
		claim, end := oneOfMany(ctx, t, db)
		claims, ends = append(claims, claim), append(ends, end)
	}
	slices.Sort(claims)
	slices.Sort(ends)
	t.Logf("%s: of %d that wait, one is taken within %v and ended within %v", kind, backlog, claims[4], ends[4])
	if claims[4] > backlogClaim || ends[4] > backlogClaim {
		t.Errorf("more than %v", backlogClaim)
	}
}

// oneOfMany takes a message and ends it, as a worker does.
func oneOfMany(ctx context.Context, t *testing.T, db *beside) (claim, end time.Duration) {
	t.Helper()
	now := time.Now()
	got, err := db.DB.ClaimOutbox(ctx, storage.ClaimOutbox{Owner: storage.NewID(now), Kinds: []string{"mail"}, Now: now, Until: now.Add(time.Minute), Limit: 1})
	claim = time.Since(now)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages after %v: %v", len(got), claim, err)
	}
	begun, m := time.Now(), got[0]
	done, _, err := db.DB.FinishOutbox(ctx, storage.FinishOutbox{
		Tenant: m.Tenant, ID: m.ID, Owner: m.Owner, State: storage.OutboxDelivered, Status: "delivered", Attempts: m.Attempts, Now: now, Until: now.Add(time.Minute),
	})
	if err != nil || !done {
		t.Fatalf("not ended: %v", err)
	}
	return claim, time.Since(begun)
}
