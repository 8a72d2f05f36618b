package gormdb

import (
	"context"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

// TestListsAreKept: lists that come again are prepared, as many as are kept; all of them, kept or not, find what is there now.
func TestListsAreKept(t *testing.T) {
	d := openSQLite(t)
	ctx := context.Background()
	reads, ok := d.rows.(*readStmts)
	if !ok {
		t.Fatalf("%T", d.rows)
	}
	find := func(n int) int {
		t.Helper()
		ids := make([]storage.ID, n)
		for i := range ids {
			ids[i] = storage.ID{byte(i), byte(i >> 8), 9}
		}
		rows, err := list[storage.Person](ctx, d, func(g *gorm.DB) *gorm.DB {
			return g.Where("tenant = ? AND (subject = ? OR id IN ?)", testTenant, "maria", ids)
		})
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	for n := 1; n <= 3*listsKept; n++ {
		if n == listsKept/2 {
			if err := d.InsertPerson(ctx, testPerson(t, "maria"), nil); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			want := 0
			if n >= listsKept/2 {
				want = 1
			}
			if got := find(n); got != want {
				t.Fatalf("%d rows, want %d", got, want)
			}
		}
	}
	if kept := reads.lists; kept != listsKept {
		t.Errorf("%d lists are kept", kept)
	}
	if len(reads.missed) > missesKept {
		t.Errorf("%d misses are kept", len(reads.missed))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				if got := find(1 + (n+i)%70); got != 1 {
					t.Errorf("%d rows", got)
				}
			}
		})
	}
	all.Wait()
	cut, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := list[storage.Person](cut, d, func(g *gorm.DB) *gorm.DB { return g.Where("tenant = ? AND subject = ?", testTenant, "x") }); err == nil {
		t.Error("a call that is over found something")
	}
}
