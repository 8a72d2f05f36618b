package keys_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/keys/file"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// node is one process: a ring and a set on a database that it shares with others.
type node struct {
	ring *keys.Ring
	set  *keys.Set
}

func open(ctx context.Context, db *gormdb.DB, m keys.Master, tenant storage.ID, now func() time.Time) (*node, error) {
	ring, err := keys.OpenRing(ctx, db, m, tenant, now)
	if err != nil {
		return nil, err
	}
	set, err := keys.OpenSet(ctx, keys.SetDeps{
		Store: db, Ring: ring, Tenant: tenant, Now: now, Audit: audit.New(audit.Deps{Ring: ring, Now: now}),
	}, keys.SetConfig{Algorithms: []string{keys.ES256, keys.EdDSA}, RotateEvery: 10 * time.Second, PublishAhead: 4 * time.Second})
	return &node{ring, set}, err
}

// TestNodesOnOneDatabase starts nodes together on the real databases, rotates on all at once, and exchanges the master key under them.
func TestNodesOnOneDatabase(t *testing.T) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		master, _, err := file.Ensure(filepath.Join(t.TempDir(), "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
		now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
		tenant := storage.NewID(at)
		nodes := make([]*node, 4)
		together := func(f func(i int) error) {
			t.Helper()
			var wg sync.WaitGroup
			for i := range nodes {
				wg.Go(func() {
					if err := f(i); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		together(func(i int) (err error) { nodes[i], err = open(t.Context(), db, master, tenant, now); return err })
		if t.Failed() {
			t.FailNow()
		}
		for range 30 { // 60 seconds: keys come, sign, retire and go
			together(func(i int) error { return nodes[i].set.Tick(t.Context()) })
			for i, n := range nodes {
				token, err := n.set.Sign(keys.ES256, "at+jwt", []byte(`{"sub":"a"}`))
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := nodes[(i+1)%len(nodes)].set.Verify(token, []string{keys.ES256}, "at+jwt"); err != nil {
					t.Fatal(err)
				}
			}
			mu.Lock()
			at = at.Add(2 * time.Second)
			mu.Unlock()
		}
		rotations(t, db, tenant)
		next, err := file.Parse(file.Generate())
		if err != nil {
			t.Fatal(err)
		}
		if err := nodes[0].ring.Rewrap(t.Context(), next, nil); err != nil {
			t.Fatal(err)
		}
		together(func(i int) error { return nodes[i].ring.Reload(t.Context()) })
		if _, err := open(t.Context(), db, next, tenant, now); err != nil {
			t.Errorf("a start with the new master: %v", err)
		}
		if _, err := open(t.Context(), db, master, tenant, now); err == nil {
			t.Error("a start with the old master")
		}
	})
}

// rotations counts the keys of each algorithm: all nodes together made one each 10 seconds, with an event.
func rotations(t *testing.T, db *gormdb.DB, tenant storage.ID) {
	t.Helper()
	rows, err := db.SigningKeys(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	events, err := db.AuditEvents(t.Context(), tenant, storage.AuditFilter{Type: audit.KeyRotate, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(events) || len(rows) < 12 || len(rows) > 14 {
		t.Errorf("%d keys, %d events", len(rows), len(events))
	}
}
