package gormdb_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// TestANewerTransactionWithALowerNumberIsNotMissed lets a transaction take its number before an older one takes a higher number and commits. While
// nothing else commits, the database's snapshots end below the open one.
func TestANewerTransactionWithALowerNumberIsNotMissed(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	got, calls, done := make(chan storage.Change, 100), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Tail(ctx, func(cs []storage.Change, _ time.Time) {
			for _, c := range cs {
				got <- c
			}
			select {
			case calls <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	defer func() { cancel(); <-done }()
	<-calls
	begin := func(query string) *sql.Tx {
		tx, err := db.SQL().BeginTx(ctx, nil)
		if err == nil {
			_, err = tx.ExecContext(ctx, query)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	insert := "INSERT INTO changes (tenant, kind, ref, at) VALUES ('\\x" + strings.Repeat("01", 16) + "', 'late', '\\x02', now())"
	for range 3 { // another test's commits, in the same cluster, would hide the fault
		older := begin("SELECT pg_current_xact_id()")
		newer := begin(insert)
		if _, err := older.ExecContext(ctx, insert); err != nil {
			t.Fatal(err)
		}
		if err := older.Commit(); err != nil {
			t.Fatal(err)
		}
		for range 4 { // read it, mark, pass the mark, and once more
			<-calls
		}
		if err := newer.Commit(); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			<-calls
		}
		if len(got) != 2 {
			t.Fatalf("%d of 2 changes were delivered", len(got))
		}
		<-got
		<-got
	}
}
