package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// Dialects, as the folders of migrations are named.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

const (
	// River's migrations run in two steps: PostgreSQL refuses to use an enum's value in the transaction that added it (55P04).
	firstStep, lastStep = 5, 8
	// migrateLock is the key of the PostgreSQL advisory lock under which several processes migrate one after the other.
	migrateLock = 0x6a6564616e6a6f62 // "jedanjob"
)

// Migrate brings River's tables up to this binary's version, or removes them with all jobs. It is safe to repeat and safe in several processes at
// once: each step is one transaction under a lock (PostgreSQL: advisory; SQLite: db must begin its transactions immediate). When nothing is to be
// done, it costs one query.
func Migrate(ctx context.Context, db *sql.DB, dialect string, up bool) error {
	driver, err := driverOf(db, dialect)
	if err != nil {
		return err
	}
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return fmt.Errorf("jobs: migrate: %w", err)
	}
	have, err := m.ExistingVersions(ctx)
	if err != nil {
		return fmt.Errorf("jobs: migrate: %w", err)
	}
	if up && len(have) > 0 && have[len(have)-1].Version >= lastStep || !up && len(have) == 0 {
		return nil
	}
	direction, targets := rivermigrate.DirectionUp, []int{firstStep, lastStep}
	if !up {
		direction, targets = rivermigrate.DirectionDown, []int{firstStep, -1}
	}
	for _, target := range targets {
		if err := step(ctx, db, dialect, m, direction, target); err != nil {
			return fmt.Errorf("jobs: migrate to %d: %w", target, err)
		}
	}
	return nil
}

// step runs the migrations up or down to one version in one transaction.
func step(ctx context.Context, db *sql.DB, dialect string, m *rivermigrate.Migrator[*sql.Tx], d rivermigrate.Direction, target int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := stepTx(ctx, tx, dialect, m, d, target); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func stepTx(ctx context.Context, tx *sql.Tx, dialect string, m *rivermigrate.Migrator[*sql.Tx], d rivermigrate.Direction, target int) error {
	if dialect == Postgres {
		if err := lockPostgres(ctx, tx); err != nil {
			return err
		}
	}
	have, err := m.ExistingVersionsTx(ctx, tx) // under the lock: another process may have been faster
	if err != nil {
		return err
	}
	newest := 0
	if len(have) > 0 {
		newest = have[len(have)-1].Version
	}
	if d == rivermigrate.DirectionUp && newest >= target || d == rivermigrate.DirectionDown && newest <= max(target, 0) {
		return nil
	}
	_, err = m.MigrateTx(ctx, tx, d, &rivermigrate.MigrateOpts{TargetVersion: target})
	return err
}

// lockPostgres waits for other processes. Waiting for an advisory lock does not make the session look for what others committed meanwhile, and River
// asks with to_regclass, which takes no lock either: it would answer from the session's cache that the table is not there. Reading any table looks.
func lockPostgres(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrateLock)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "SELECT FROM pg_class WHERE false")
	return err
}

func driverOf(db *sql.DB, dialect string) (riverdriver.Driver[*sql.Tx], error) {
	switch dialect {
	case SQLite:
		return riversqlite.New(db), nil
	case Postgres:
		return riverdatabasesql.New(db), nil
	}
	return nil, fmt.Errorf("jobs: no dialect %q", dialect)
}
