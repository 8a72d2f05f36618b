package gormdb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// childVariable turns this test binary into another process on the database that it names: "serve DSN" or "write DSN".
const childVariable = "JEDAN_TEST_CHILD"

func TestMain(m *testing.M) {
	role, dsn, child := strings.Cut(os.Getenv(childVariable), " ")
	switch {
	case !child:
		os.Exit(m.Run())
	case role == "serve":
		serveAsChild(dsn)
	default:
		writeAsChild(dsn)
	}
}

func serveAsChild(dsn string) {
	db, err := gormdb.Open(context.Background(), gormdb.Config{DSN: dsn})
	if err != nil {
		fmt.Println(err)
		return
	}
	lock, err := db.LockServe()
	fmt.Println("locked", err)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
	_ = lock.Close()
}

func TestASecondServerIsRefusedByName(t *testing.T) {
	db := gormtest.SQLite(t, gormdb.Config{})
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=serve sqlite:"+db.Path())
	in, err := child.StdinPipe() // held open: the child serves until it is killed
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "locked <nil>" {
		t.Fatalf("the child says %q", lines.Text())
	}
	_, err = db.LockServe()
	host, _ := os.Hostname()
	for _, part := range []string{fmt.Sprint("process ", child.Process.Pid), host, db.Path()} {
		if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.MessageOf(err), part) {
			t.Errorf("the refusal does not name %q: %v", part, err)
		}
	}
	if err := db.InsertClient(context.Background(), client("rp"), nil); err != nil { // the command line works beside it
		t.Error(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	lock, err := db.LockServe()
	if err != nil {
		t.Fatal("the dead server's lock is still held: ", err)
	}
	if _, err := db.LockServe(); !errs.Is(err, errs.Conflict) {
		t.Error("two servers in one process: ", err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnyNumberOfServersOnPostgres(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{})
	for range 2 {
		lock, err := db.LockServe()
		if err != nil {
			t.Fatal(err)
		}
		if err := lock.Close(); err != nil {
			t.Error(err)
		}
	}
}

func client(name string) *storage.Client {
	return &storage.Client{Tenant: storage.ID{1}, ID: storage.NewID(time.Now()), ClientID: name, CreatedAt: time.Now(), UpdatedAt: time.Now()}
}

// second opens the database of db once more, as another process would.
func second(t *testing.T, dsn string) *gormdb.DB {
	t.Helper()
	db, err := gormdb.Open(context.Background(), gormdb.Config{DSN: dsn, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// twoHandles runs fn with two handles on one migrated database, on SQLite and on PostgreSQL.
func twoHandles(t *testing.T, fn func(t *testing.T, a, b *gormdb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		a := gormtest.SQLite(t, gormdb.Config{})
		fn(t, a, second(t, "sqlite:"+a.Path()))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := gormtest.PostgresDSN(t)
		a := second(t, dsn)
		if _, err := migrations.Up(context.Background(), a.SQL(), a.Dialect(), ""); err != nil {
			t.Fatal(err)
		}
		fn(t, a, second(t, dsn))
	})
}

func TestTheTailSeesAnotherProcess(t *testing.T) {
	twoHandles(t, func(t *testing.T, a, b *gormdb.DB) {
		got, started := make(chan storage.Change, 100), make(chan struct{}, 1000)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() {
			ended <- a.Tail(ctx, func(cs []storage.Change, _ time.Time) {
				for _, c := range cs {
					got <- c
				}
				select {
				case started <- struct{}{}:
				default:
				}
			})
		}()
		<-started
		c := client("rp")
		if err := b.InsertClient(ctx, c, nil); err != nil {
			t.Fatal(err)
		}
		if ch := <-got; string(ch.Ref) != string(c.ID[:]) || ch.Kind != storage.ChangeClient {
			t.Errorf("got %+v", ch)
		}
		cancel()
		<-ended
	})
}

func TestTwoProcessesTakeTurns(t *testing.T) {
	twoHandles(t, func(t *testing.T, a, b *gormdb.DB) {
		ctx := context.Background()
		done := make(chan error, 1)
		err := b.InTx(ctx, func(ctx context.Context) error {
			if err := b.InsertClient(ctx, client("b"), nil); err != nil {
				return err
			}
			go func() { done <- a.InsertClient(context.Background(), client("a"), nil) }()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		results := make(chan error)
		for i, db := range []*gormdb.DB{a, b, a, b} {
			go func() {
				var err error
				for j := range 25 {
					if e := db.InsertClient(ctx, client(fmt.Sprint(i, "-", j)), nil); e != nil {
						err = e
					}
				}
				results <- err
			}()
		}
		for range 4 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		all, err := a.Clients(ctx, storage.ID{1}, storage.ID{}, 1000)
		if err != nil || len(all) != 102 {
			t.Errorf("%d clients, %v", len(all), err)
		}
	})
}

func TestOwnCommitsAreToldAtOnce(t *testing.T) {
	var told []storage.Change
	open := func(t *testing.T) map[string]*gormdb.DB {
		cfg := gormdb.Config{OnCommit: func(cs []storage.Change) { told = append(told, cs...) }}
		return map[string]*gormdb.DB{"sqlite": gormtest.SQLite(t, cfg)}
	}
	for name, db := range open(t) {
		c := client("rp")
		if err := db.InsertClient(context.Background(), c, nil); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || string(told[0].Ref) != string(c.ID[:]) {
			t.Errorf("%s: told %v", name, told)
		}
	}
}

// TestTwoProcessesSpendARequestOnce: an approved request and a pushed one each turn into one grant, whoever asks where.
func TestTwoProcessesSpendARequestOnce(t *testing.T) {
	twoHandles(t, func(t *testing.T, a, b *gormdb.DB) {
		ctx, now := context.Background(), time.Now().UTC()
		both := []*gormdb.DB{a, b}
		for i := range 20 {
			kind := []storage.PendingKind{storage.PendingDevice, storage.PendingPAR}[i%2]
			p := &storage.Pending{
				Tenant: storage.ID{1}, ID: storage.NewID(now), Kind: kind, Client: storage.ID{2}, Handle: []byte(fmt.Sprint(i)), State: storage.PendingOpen,
				ExpiresAt: now.Add(time.Minute), CreatedAt: now,
			}
			if err := a.InsertPending(ctx, p, storage.PendingCap{}); err != nil {
				t.Fatal(err)
			}
			if kind == storage.PendingDevice {
				decide := storage.DecidePending{Tenant: p.Tenant, ID: p.ID, Person: storage.ID{3}, Approve: true, Now: now}
				if done, err := b.DecidePending(ctx, decide, nil); err != nil || !done {
					t.Fatal(done, err)
				}
			}
			won := make(chan bool, 16)
			var wg sync.WaitGroup
			for j := range 16 {
				wg.Go(func() {
					g := &storage.Grant{Tenant: p.Tenant, ID: storage.NewID(now), Client: p.Client, Person: storage.ID{3}, Origin: string(kind) + ":" + p.ID.String(), ExpiresAt: now.Add(time.Hour)}
					var done bool
					var err error
					if kind == storage.PendingDevice {
						done, err = both[j%2].SpendPending(ctx, storage.SpendPending{Tenant: p.Tenant, ID: p.ID, Now: now}, g, nil)
					} else {
						g.Spends = p.ID
						_, done, err = both[j%2].InsertGrant(ctx, g, nil)
					}
					if err != nil {
						t.Error(err)
					}
					won <- done
				})
			}
			wg.Wait()
			close(won)
			wins := 0
			for done := range won {
				if done {
					wins++
				}
			}
			if wins != 1 {
				t.Fatalf("%s: %d of 16 won", kind, wins)
			}
		}
	})
}
