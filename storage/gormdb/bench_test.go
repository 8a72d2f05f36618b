package gormdb_test

import (
	"context"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// BenchmarkHot measures the storage calls of the token endpoint, alone and with 16 callers. cpu-µs/op is this process's; PostgreSQL's is not in it.
func BenchmarkHot(b *testing.B) {
	for name, open := range map[string]func(testing.TB, gormdb.Config) *gormdb.DB{"sqlite": gormtest.SQLite, "postgres": gormtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b, gormdb.Config{MaxConns: 20})
			for _, one := range hotCalls(b, db) {
				b.Run(one.name+"/1", func(b *testing.B) { measure(b, 1, one.call) })
				b.Run(one.name+"/16", func(b *testing.B) { measure(b, 16, one.call) })
			}
		})
	}
}

func measure(b *testing.B, callers int, call func() error) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(callers) // times GOMAXPROCS
	before := cpu()
	b.ResetTimer()
	if callers == 1 {
		for b.Loop() {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := call(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type hotCall struct {
	name string
	call func() error
}

func hotCalls(b *testing.B, db *gormdb.DB) []hotCall {
	b.Helper()
	ctx := context.Background()
	c := client("rp")
	if err := db.InsertClient(ctx, c, nil); err != nil {
		b.Fatal(err)
	}
	insert := func() (*storage.Grant, error) {
		now := time.Now()
		g := &storage.Grant{
			Tenant: c.Tenant, ID: storage.NewID(now), Client: c.ID, Person: storage.ID{3}, Code: storage.CodeIssued, Generation: 1,
			CodeExpires: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour), CreatedAt: now, Scopes: storage.Strings{"openid", "profile"},
		}
		g.Origin = g.ID.String()
		_, _, err := db.InsertGrant(ctx, g, event(g.ID, "grant.create"))
		return g, err
	}
	standing, err := insert()
	if err != nil {
		b.Fatal(err)
	}
	var gen atomic.Int64
	gen.Store(1)
	return []hotCall{
		{"InsertGrant", func() error { _, err := insert(); return err }},
		{"InsertAndRedeem", func() error {
			g, err := insert()
			if err == nil {
				_, err = db.RedeemCode(ctx, storage.RedeemCode{Tenant: g.Tenant, Grant: g.ID, Client: g.Client, Now: time.Now()}, event(g.ID, "grant.redeem"))
			}
			return err
		}},
		{"RotateRefresh", func() error {
			from := gen.Add(1) - 1
			_, err := db.RotateRefresh(ctx, storage.RotateRefresh{Tenant: c.Tenant, Grant: standing.ID, Client: c.ID, From: from, Now: time.Now()}, nil)
			return err
		}},
		{"SpendOnce", func() error {
			id := storage.NewID(time.Now())
			_, err := db.SpendOnce(ctx, &storage.Replay{Tenant: c.Tenant, Hash: id[:], ExpiresAt: time.Now()})
			return err
		}},
		{"GrantByID", func() error { _, err := db.GrantByID(ctx, c.Tenant, standing.ID); return err }},
		{"ClientByClientID", func() error { _, err := db.ClientByClientID(ctx, c.Tenant, "rp"); return err }},
	}
}
