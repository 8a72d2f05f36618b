package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/jedan-auth/jedan-auth/migrations/flock"
)

// Dialect names a database kind; it is also the name of its folder.
type Dialect string

// The dialects that have migrations.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

const lockName = "migrate.lock"

// State is one migration and whether it has been applied.
type State struct {
	Version   int64
	Name      string
	Applied   bool
	AppliedAt time.Time // zero unless applied
}

// Up applies all that is pending and returns it. dataDir is where SQLite's lock file goes; PostgreSQL ignores it.
func Up(ctx context.Context, db *sql.DB, d Dialect, dataDir string) ([]State, error) {
	p, err := provider(db, d, dataDir)
	if err != nil {
		return nil, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrations: up: %w", err)
	}
	return results(done, true), nil
}

// Down takes back the newest applied migrations, at most steps of them, and returns what it took back. It loses data.
func Down(ctx context.Context, db *sql.DB, d Dialect, dataDir string, steps int) ([]State, error) {
	p, err := provider(db, d, dataDir)
	if err != nil {
		return nil, err
	}
	target, err := versionBelow(ctx, p, steps)
	if err != nil {
		return nil, fmt.Errorf("migrations: down: %w", err)
	}
	done, err := p.DownTo(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("migrations: down: %w", err)
	}
	return results(done, false), nil
}

// Status lists every migration of this binary in order. It changes nothing.
func Status(ctx context.Context, db *sql.DB, d Dialect, dataDir string) ([]State, error) {
	p, err := provider(db, d, dataDir)
	if err != nil {
		return nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrations: status: %w", err)
	}
	states := make([]State, 0, len(all))
	for _, m := range all {
		states = append(states, State{
			Version: m.Source.Version, Name: filepath.Base(m.Source.Path),
			Applied: m.State == goose.StateApplied, AppliedAt: m.AppliedAt,
		})
	}
	return states, nil
}

func versionBelow(ctx context.Context, p *goose.Provider, steps int) (int64, error) {
	all, err := p.Status(ctx)
	if err != nil {
		return 0, err
	}
	applied := []int64{0}
	for _, m := range all {
		if m.State == goose.StateApplied {
			applied = append(applied, m.Source.Version)
		}
	}
	return applied[max(0, len(applied)-1-max(0, steps))], nil
}

func results(done []*goose.MigrationResult, applied bool) []State {
	states := make([]State, 0, len(done))
	for _, r := range done {
		states = append(states, State{Version: r.Source.Version, Name: filepath.Base(r.Source.Path), Applied: applied})
	}
	return states
}

func provider(db *sql.DB, d Dialect, dataDir string) (*goose.Provider, error) {
	sqls, err := Files(d)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	gd, locker, err := locking(d, dataDir)
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(gd, db, sqls, goose.WithLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}

func locking(d Dialect, dataDir string) (goose.Dialect, lock.Locker, error) {
	switch d {
	case SQLite:
		return goose.DialectSQLite3, &folderLocker{path: filepath.Join(dataDir, lockName)}, nil
	case Postgres:
		// 100 ms between tries, for at most a minute: a killed holder's lease runs out after 30 s.
		l, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(100*time.Millisecond, 600))
		if err != nil {
			return "", nil, fmt.Errorf("migrations: %w", err)
		}
		return goose.DialectPostgres, l, nil
	}
	return "", nil, fmt.Errorf("migrations: there are none for %q", d)
}

// folderLocker is goose's lock for SQLite: one process on the machine migrates, the others wait.
type folderLocker struct {
	path string
	held *flock.Lock
}

// Lock implements lock.Locker.
func (l *folderLocker) Lock(ctx context.Context, _ *sql.DB) (err error) {
	l.held, err = flock.Wait(ctx, l.path)
	return err
}

// Unlock implements lock.Locker.
func (l *folderLocker) Unlock(context.Context, *sql.DB) error { return l.held.Close() }
