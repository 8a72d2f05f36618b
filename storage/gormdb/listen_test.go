package gormdb

import (
	"context"
	"os"
	"testing"
)

// TestTheListenerWakesTheTail says the notice that a commit says. Notices of tests beside this one only add to the wake-ups.
func TestTheListenerWakesTheTail(t *testing.T) {
	dsn := os.Getenv("JEDAN_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("no PostgreSQL: JEDAN_TEST_POSTGRES is not set")
	}
	ctx, cancel := context.WithCancel(context.Background())
	d, err := Open(ctx, Config{DSN: dsn, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	noticed, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		d.listen(ctx, noticed)
	}()
	<-noticed // it listens
	if _, err := d.writerSQL.ExecContext(ctx, notify.postgres); err != nil {
		t.Error(err)
	}
	<-noticed
	cancel()
	<-ended
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
