package migrations_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/migrations/flock"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// childVariable turns this test binary into a process that opens the named database, migrates it and prints how many migrations it applied.
const childVariable = "JEDAN_TEST_MIGRATE"

const processes = 5

func migrateAsChild(dsn string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := gormdb.Open(ctx, gormdb.Config{DSN: dsn, MaxConns: 4})
	if err != nil {
		fmt.Println("open:", err)
		return 1
	}
	defer db.Close()
	done, err := migrations.Up(ctx, db.SQL(), db.Dialect(), filepath.Dir(db.Path()))
	if err != nil {
		fmt.Println("up:", err)
		return 1
	}
	fmt.Print(len(done))
	return 0
}

func TestFiveProcessesStartAtOnce(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		for range 3 {
			startTogether(t, "sqlite:"+filepath.Join(t.TempDir(), "new folder", "auth %41?.db"))
		}
	})
	t.Run("postgres", func(t *testing.T) { startTogether(t, gormtest.PostgresDSN(t)) })
}

// startTogether demands that every process succeeds and that exactly one of them did the work.
func startTogether(t *testing.T, dsn string) {
	t.Helper()
	type result struct {
		out []byte
		err error
	}
	results := make(chan result)
	for range processes {
		go func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVariable+"="+dsn)
			out, err := cmd.CombinedOutput()
			results <- result{out, err}
		}()
	}
	applied, workers := 0, 0
	for range processes {
		r := <-results
		n, err := strconv.Atoi(string(r.out))
		if r.err != nil || err != nil {
			t.Errorf("a process failed: %v: %s", r.err, r.out)
		}
		applied += n
		if n > 0 {
			workers++
		}
	}
	if want := len(names(t, migrations.SQLite)); applied != want || workers != 1 {
		t.Errorf("%d processes applied %d migrations, want 1 and %d", workers, applied, want)
	}
}

func TestTheLockIsWaitedFor(t *testing.T) {
	db := gormtest.SQLite(t, gormdb.Config{})
	dir := filepath.Dir(db.Path())
	held, err := flock.Try(filepath.Join(dir, "migrate.lock"), "the test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := migrations.Down(ctx, db.SQL(), db.Dialect(), dir, 1); err == nil {
		t.Fatal("it went down although the lock was held")
	}
	done := make(chan error, 1)
	go func() {
		_, err := migrations.Down(context.Background(), db.SQL(), db.Dialect(), dir, 1)
		done <- err
	}()
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
