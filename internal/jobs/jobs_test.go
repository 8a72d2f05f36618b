package jobs_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/jedan-auth/jedan-auth/internal/jobs"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func nothing(context.Context) error { return nil }

// lines is a log that tests read while jobs write it.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.Write(p) }
func (l *lines) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.buf.String() }

func deps(db *gormdb.DB) (jobs.Deps, *lines) {
	l := new(lines)
	return jobs.Deps{DB: db.SQL(), Dialect: string(db.Dialect()), Log: slog.New(slog.NewTextHandler(l, nil))}, l
}

// eachDatabase runs a test on migrated databases.
func eachDatabase(t *testing.T, fn func(t *testing.T, db *gormdb.DB)) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		if err := jobs.Migrate(t.Context(), db.SQL(), string(db.Dialect()), true); err != nil {
			t.Fatal(err)
		}
		fn(t, db)
	})
}

func start(t *testing.T, d jobs.Deps, list ...jobs.Job) *jobs.Runner {
	t.Helper()
	r, err := jobs.NewQuick(d, list)
	if err != nil {
		t.Fatal(err)
	}
	r.Start(t.Context())
	t.Cleanup(func() { stop(t, r) })
	return r
}

func stop(t *testing.T, r *jobs.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// within waits for what another goroutine does.
func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing happened: " + what)
	}
}

// signal is a job that says when it runs.
func signal(name string, every time.Duration) (jobs.Job, chan struct{}) {
	c := make(chan struct{}, 100)
	return jobs.Job{Name: name, Every: every, Run: func(context.Context) error { c <- struct{}{}; return nil }}, c
}

func tables(t *testing.T, db *gormdb.DB) int {
	t.Helper()
	q := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'river%'"
	if string(db.Dialect()) == jobs.Postgres {
		q = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name LIKE 'river%'"
	}
	var n int
	if err := db.SQL().QueryRowContext(t.Context(), q).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMigrateUpAndDown(t *testing.T) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		migrate := func(up bool) {
			t.Helper()
			if err := jobs.Migrate(t.Context(), db.SQL(), string(db.Dialect()), up); err != nil {
				t.Fatal(err)
			}
		}
		migrate(true)
		have := tables(t, db)
		if have == 0 {
			t.Fatal("no tables")
		}
		migrate(true)
		migrate(false)
		if n := tables(t, db); n > 1 { // River may keep its table of versions
			t.Errorf("%d tables are left", n)
		}
		migrate(false)
		migrate(true)
		if n := tables(t, db); n != have {
			t.Errorf("%d tables instead of %d", n, have)
		}
	})
	if err := jobs.Migrate(t.Context(), nil, "mysql", true); err == nil {
		t.Error("an unknown dialect is taken")
	}
}

func TestMigrateTogether(t *testing.T) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := jobs.Migrate(context.Background(), db.SQL(), string(db.Dialect()), true); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// TestOnceAmongAll: several processes on one database run a shared job once a period, and each runs its own.
func TestOnceAmongAll(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *gormdb.DB) {
		d, log := deps(db)
		sweep, swept := signal("sweep", 24*time.Hour)
		var runners []*jobs.Runner
		var own []chan struct{}
		for range 3 {
			node, c := signal("node", 100*time.Millisecond)
			node.EveryNode = true
			own = append(own, c)
			runners = append(runners, start(t, d, sweep, node))
		}
		within(t, "the shared job", swept)
		for _, c := range own {
			within(t, "a job of every node", c)
			within(t, "its second run", c)
		}
		for _, r := range runners {
			stop(t, r)
		}
		if len(swept) != 0 || queued(t, db) != 1 {
			t.Errorf("ran %d times more, %d in the queue: %s", len(swept), queued(t, db), log)
		}
	})
}

func queued(t *testing.T, db *gormdb.DB) (n int) {
	t.Helper()
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOnceAcrossLeaders: the next leader offers the job again, beside one that is new; when that one has run, the first would have run too.
func TestOnceAcrossLeaders(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *gormdb.DB) {
		d, log := deps(db)
		sweep, swept := signal("sweep", 24*time.Hour)
		marker, marked := signal("marker", 24*time.Hour)
		first := start(t, d, sweep)
		within(t, "the job", swept)
		stop(t, first)
		second := start(t, d, sweep, marker)
		within(t, "the new job", marked)
		stop(t, second)
		if len(swept) != 0 || queued(t, db) != 2 {
			t.Errorf("ran again: %s", log)
		}
	})
}

func TestFailuresAreLoggedAndSurvived(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *gormdb.DB) {
		d, log := deps(db)
		ran := make(chan struct{}, 100)
		fail := func(context.Context) error { ran <- struct{}{}; return errors.New("boom-1") }
		crash := func(context.Context) error { ran <- struct{}{}; panic("boom-2") }
		r := start(t, d,
			jobs.Job{Name: "fails", Every: time.Hour, Run: fail}, jobs.Job{Name: "panics", Every: time.Hour, Run: crash},
			jobs.Job{Name: "node.fails", Every: 100 * time.Millisecond, EveryNode: true, Run: fail},
			jobs.Job{Name: "node.panics", Every: 100 * time.Millisecond, EveryNode: true, Run: crash},
		)
		for range 10 { // the node's jobs come again and again
			within(t, "a job", ran)
		}
		stop(t, r)
		for _, want := range []string{"boom-1", "boom-2", "node.fails", "node.panics", "panicked"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s: %s", want, log)
			}
		}
	})
}

// blocking is a job that waits to be released, or interrupted.
func blocking(name string, node bool) (j jobs.Job, running, release chan struct{}, outcome chan error) {
	running, release, outcome = make(chan struct{}, 10), make(chan struct{}), make(chan error, 10)
	j = jobs.Job{Name: name, Every: time.Hour, EveryNode: node, Run: func(ctx context.Context) error {
		running <- struct{}{}
		select {
		case <-release:
			outcome <- nil
		case <-ctx.Done():
			outcome <- ctx.Err()
		}
		return nil
	}}
	if node {
		j.Every = 100 * time.Millisecond
	}
	return j, running, release, outcome
}

func TestStopWaits(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *gormdb.DB) {
		for _, node := range []bool{true, false} {
			d, _ := deps(db)
			j, running, release, outcome := blocking("waits", node)
			ctx, cancel := context.WithCancel(t.Context())
			r, err := jobs.NewQuick(d, []jobs.Job{j})
			if err != nil {
				t.Fatal(err)
			}
			r.Start(ctx)
			within(t, "the job", running)
			cancel() // the server's context ends first: it interrupts nothing
			stopped := make(chan error)
			go func() { stopped <- r.Stop(context.Background()) }()
			close(release)
			if err := <-stopped; err != nil {
				t.Error(err)
			}
			if err := <-outcome; err != nil {
				t.Errorf("interrupted: %v", err)
			}
		}
	})
}

func TestStopInterrupts(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *gormdb.DB) {
		for _, node := range []bool{true, false} {
			d, _ := deps(db)
			j, running, _, outcome := blocking("hangs", node)
			r, err := jobs.NewQuick(d, []jobs.Job{j})
			if err != nil {
				t.Fatal(err)
			}
			r.Start(t.Context())
			within(t, "the job", running)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := r.Stop(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if err := <-outcome; !errors.Is(err, context.Canceled) {
				t.Errorf("not interrupted: %v", err)
			}
			if err := r.Stop(t.Context()); err != nil {
				t.Errorf("a second stop: %v", err)
			}
		}
	})
}

// away is a database that does not answer.
type away struct{}

func (away) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("away") }
func (away) Driver() driver.Driver                        { return nil }

func TestDatabaseAway(t *testing.T) {
	db := sql.OpenDB(away{})
	l := new(lines)
	waiting := make(chan struct{}, 1)
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		select {
		case waiting <- struct{}{}:
		default:
		}
		return l.Write(p)
	}), nil))
	j, _ := signal("sweep", time.Hour)
	r := start(t, jobs.Deps{DB: db, Dialect: jobs.SQLite, Log: log}, j)
	within(t, "a warning", waiting)
	stop(t, r)
	if !strings.Contains(l.String(), "jobs cannot start yet") {
		t.Errorf("log %s", l)
	}
	if err := jobs.Migrate(t.Context(), db, jobs.SQLite, true); err == nil {
		t.Error("migrates a database that is away")
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestUnknownJobWaitsForItsVersion(t *testing.T) {
	var snooze *river.JobSnoozeError
	if err := jobs.WorkUnknown(t.Context(), time.Minute); !errors.As(err, &snooze) {
		t.Errorf("a fresh one: %v", err)
	}
	var gone *river.JobCancelError
	if err := jobs.WorkUnknown(t.Context(), 2*time.Hour); !errors.As(err, &gone) {
		t.Errorf("an old one: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	d := jobs.Deps{DB: sql.OpenDB(away{}), Dialect: jobs.SQLite, Log: slog.New(slog.DiscardHandler)}
	good := jobs.Job{Name: "sweep.sessions", Every: time.Minute, Run: nothing}
	change := func(f func(*jobs.Job)) []jobs.Job { j := good; f(&j); return []jobs.Job{good, j} }
	for name, list := range map[string][]jobs.Job{
		"twice":      {good, good},
		"no name":    change(func(j *jobs.Job) { j.Name = "" }),
		"short name": change(func(j *jobs.Job) { j.Name = "a" }),
		"bad name":   change(func(j *jobs.Job) { j.Name = "A b" }),
		"no work":    change(func(j *jobs.Job) { j.Name, j.Run = "other", nil }),
		"never":      change(func(j *jobs.Job) { j.Name, j.Every = "other", 0 }),
		"too often":  change(func(j *jobs.Job) { j.Name, j.Every = "other", time.Second }),
		"node, too":  change(func(j *jobs.Job) { j.Name, j.Every, j.EveryNode = "other", time.Millisecond, true }),
	} {
		if _, err := jobs.New(d, list); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := jobs.New(jobs.Deps{DB: d.DB, Dialect: "mysql", Log: d.Log}, []jobs.Job{good}); err == nil {
		t.Error("an unknown dialect is taken")
	}
	r, err := jobs.New(d, []jobs.Job{good})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Errorf("stop without start: %v", err)
	}
}
