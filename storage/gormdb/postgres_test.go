package gormdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// named opens a migrated schema whose connections carry a name of their own, and returns a way to kill them all.
func named(t *testing.T) (db *gormdb.DB, kill func()) {
	t.Helper()
	dsn := gormtest.PostgresDSN(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	name := "victim-" + q.Get("search_path")
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	db = second(t, u.String())
	if _, err := migrations.Up(context.Background(), db.SQL(), db.Dialect(), ""); err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	return db, func() {
		_, err := admin.ExecContext(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", name)
		if err != nil {
			t.Error(err)
		}
	}
}

// follow runs a tail and returns its changes and its end.
func follow(t *testing.T, db *gormdb.DB) (changes <-chan storage.Change, ended <-chan error) {
	t.Helper()
	got, end, started := make(chan storage.Change, 1000), make(chan error, 1), make(chan struct{}, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	done := make(chan struct{})
	go func() {
		defer close(done)
		end <- db.Tail(ctx, func(cs []storage.Change, _ time.Time) {
			for _, c := range cs {
				got <- c
			}
			select {
			case started <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	<-started
	return got, end
}

func next(t *testing.T, changes <-chan storage.Change, ended <-chan error) storage.Change {
	t.Helper()
	select {
	case c := <-changes:
		return c
	case err := <-ended:
		t.Fatal("the tail ended: ", err)
	}
	return storage.Change{}
}

// TestALateCommitIsNotMissed holds a transaction with a low number open while higher numbers are committed and delivered.
func TestALateCommitIsNotMissed(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{})
	ctx := context.Background()
	begin := func() (*sql.Tx, int64) {
		tx, err := db.SQL().BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tx.Rollback() })
		var seq int64
		if _, err = tx.ExecContext(ctx, "UPDATE tenants SET name = name"); err == nil { // nothing to change, and yet:
			_, err = tx.ExecContext(ctx, "SELECT pg_current_xact_id()")
		}
		if err == nil {
			err = tx.QueryRowContext(ctx, "INSERT INTO changes (tenant, kind, ref, at) VALUES ('\\x"+strings.Repeat("01", 16)+"', 'late', '\\x02', now()) RETURNING seq").Scan(&seq)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tx, seq
	}
	earlier, earlierSeq := begin() // open before the tail starts
	changes, ended := follow(t, db)
	later, laterSeq := begin()
	for i := range 20 { // each is delivered by a reading of its own or with its neighbours
		c := client(fmt.Sprint("rp", i))
		if err := db.InsertClient(ctx, c, nil); err != nil {
			t.Fatal(err)
		}
		if got := next(t, changes, ended); string(got.Ref) != string(c.ID[:]) || got.Seq < laterSeq {
			t.Fatalf("got %+v", got)
		}
	}
	for _, one := range []struct {
		tx  *sql.Tx
		seq int64
	}{{later, laterSeq}, {earlier, earlierSeq}} {
		if err := one.tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if got := next(t, changes, ended); got.Seq != one.seq || got.Kind != "late" {
			t.Fatalf("got %+v, want the late one, %d", got, one.seq)
		}
	}
	c := client("last")
	if err := db.InsertClient(ctx, c, nil); err != nil {
		t.Fatal(err)
	}
	if got := next(t, changes, ended); string(got.Ref) != string(c.ID[:]) {
		t.Fatalf("got %+v", got)
	}
}

func TestKilledConnections(t *testing.T) {
	db, kill := named(t)
	ctx := context.Background()
	changes, ended := follow(t, db)
	runs := 0
	err := db.InTx(ctx, func(ctx context.Context) error {
		runs++
		if err := db.InsertClient(ctx, client("lost"), nil); err != nil {
			t.Error(err)
		}
		kill()
		return db.InsertClient(ctx, client("never"), nil)
	})
	if !errs.Is(err, errs.Unavailable) || errs.RetryAfterOf(err) == 0 || runs != 2 {
		t.Errorf("got %v after %d runs", err, runs)
	}
	c := client("after")
	if err := db.InsertClient(ctx, c, nil); err != nil { // nothing has to be restarted
		t.Fatal(err)
	}
	if got := next(t, changes, ended); string(got.Ref) != string(c.ID[:]) {
		t.Errorf("got %+v", got)
	}
	all, err := db.Clients(ctx, storage.ID{1}, storage.ID{}, 0)
	if err != nil || len(all) != 1 {
		t.Errorf("%d clients, %v", len(all), err)
	}
	for name, call := range map[string]func() error{
		"a read":  func() error { return db.Ping(ctx) },
		"a write": func() error { return db.InsertClient(ctx, client("again"), nil) },
	} {
		for range 5 { // a connection for each to trip over
			go func() { _ = db.Ping(ctx) }()
		}
		kill()
		if err := call(); err != nil {
			t.Errorf("%s after idle connections were killed: %v", name, err)
		}
	}
}

func TestADeadlockIsRunAgain(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{})
	ctx := context.Background()
	a, b := client("a"), client("b")
	for _, c := range []*storage.Client{a, b} {
		if err := db.InsertClient(ctx, c, nil); err != nil {
			t.Fatal(err)
		}
	}
	grow := func(ctx context.Context, id storage.ID) error {
		_, err := db.UpdateClient(ctx, storage.ID{1}, id, func(c *storage.Client) error { c.SecretKey++; return nil }, nil)
		return err
	}
	first, second := make(chan struct{}), make(chan struct{})
	both := func(mine, theirs chan struct{}, ids ...storage.ID) error {
		runs := 0
		return db.InTx(ctx, func(ctx context.Context) error {
			if err := grow(ctx, ids[0]); err != nil {
				return err
			}
			if runs++; runs == 1 { // each now holds one row; both go on for the other's
				close(mine)
				<-theirs
			}
			return grow(ctx, ids[1])
		})
	}
	results := make(chan error)
	go func() { results <- both(first, second, a.ID, b.ID) }()
	go func() { results <- both(second, first, b.ID, a.ID) }()
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	for _, c := range []*storage.Client{a, b} {
		got, err := db.ClientByID(ctx, storage.ID{1}, c.ID)
		if err != nil || got.SecretKey != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestADatabaseThatWentBackEndsTheTail(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{})
	ctx := context.Background()
	changes, ended := follow(t, db)
	for _, name := range []string{"a", "b"} {
		if err := db.InsertClient(ctx, client(name), nil); err != nil {
			t.Fatal(err)
		}
		next(t, changes, ended)
	}
	if _, err := db.SQL().ExecContext(ctx, "SELECT setval('changes_seq_seq', 1)"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || context.Cause(ctx) != nil {
		t.Errorf("got %v", err)
	}
}

// TestWhoIsNotified listens as another node does. What ends something is said at once; what only moves a grant on waits for the next poll.
func TestWhoIsNotified(t *testing.T) {
	db := gormtest.Postgres(t, gormdb.Config{MaxConns: 2})
	dsn := os.Getenv(gormtest.PostgresVariable)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "LISTEN jedan_changes"); err != nil {
		t.Fatal(err)
	}
	pid := func() (id uint32) { // of the connection that wrote: nobody else uses the pool, which hands out the last one returned
		if err := db.SQL().QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	heard := func(writer uint32, marker string) bool {
		if _, err := conn.Exec(ctx, "SELECT pg_notify('jedan_changes', $1)", marker); err != nil {
			t.Fatal(err)
		}
		got := false
		for {
			n, err := conn.WaitForNotification(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if n.Payload == marker {
				return got
			}
			got = got || n.PID == writer
		}
	}
	g := &storage.Grant{
		Tenant: storage.ID{1}, ID: storage.NewID(time.Now()), Client: storage.ID{2}, Person: storage.ID{3}, Origin: "o", Code: storage.CodeIssued,
		CodeExpires: time.Now().Add(time.Hour), ExpiresAt: time.Now().Add(time.Hour),
	}
	if _, _, err := db.InsertGrant(ctx, g, nil); err != nil || heard(pid(), "insert") {
		t.Error("a new grant was notified: ", err)
	}
	cmd := storage.RedeemCode{Tenant: g.Tenant, Grant: g.ID, Client: g.Client, Now: time.Now()}
	if ok, err := db.RedeemCode(ctx, cmd, nil); err != nil || !ok || heard(pid(), "redeem") {
		t.Error("a redeemed code was notified: ", ok, err)
	}
	end := storage.RevokeGrant{Tenant: g.Tenant, Grant: g.ID, Now: time.Now()}
	if ok, err := db.RevokeGrant(ctx, end, nil); err != nil || !ok || !heard(pid(), "revoke") {
		t.Error("a revoked grant was not notified: ", ok, err)
	}
}
