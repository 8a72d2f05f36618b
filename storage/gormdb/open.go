package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
)

// DB is an open database. It implements every interface of package storage and is safe for concurrent use.
type DB struct {
	cfg     Config
	dialect migrations.Dialect
	path    string // SQLite's file; empty on PostgreSQL

	reader, writer       *gorm.DB // one and the same on PostgreSQL
	readerSQL, writerSQL *sql.DB
	rows                 rowQuerier    // readerSQL for single rows; prepared on SQLite
	pool                 *pgxpool.Pool // PostgreSQL only

	tables    tables
	finds     finds
	turn      turn       // SQLite: whose turn it is on the one writer connection
	committer *committer // SQLite only
	stmts     *stmtCache // SQLite only
	guard     *guard
	silence   *silence
	woken     wakers
	watch     Watcher // nil: nobody
}

// Open connects, and changes nothing but SQLite's file header and journal mode: migrations.Up makes the schema. Close what it returns.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	dialect, where, err := cfg.target()
	if err != nil {
		return nil, err
	}
	d := &DB{cfg: cfg, dialect: dialect, turn: newTurn(), guard: newGuard(), silence: newSilence()}
	if d.tables, err = parseTables(); err != nil {
		return nil, err
	}
	if dialect == migrations.SQLite {
		err = d.openSQLite(ctx, where)
	} else {
		err = d.openPostgres(ctx, where)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// SQL is the handle that may write; migrations run on it. On SQLite it has one connection.
func (d *DB) SQL() *sql.DB { return d.writerSQL }

// Dialect is the kind of database, as package migrations names it.
func (d *DB) Dialect() migrations.Dialect { return d.dialect }

// Path is SQLite's file; empty on PostgreSQL. SQLite keeps its journal beside it.
func (d *DB) Path() string { return d.path }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	return d.read(ctx, func(g *gorm.DB) error {
		var one int
		return g.Raw("SELECT 1").Scan(&one).Error
	})
}

// Close waits for running writes and closes every connection.
func (d *DB) Close() error {
	if d.committer != nil {
		d.committer.close()
	}
	if d.stmts != nil {
		d.stmts.close()
	}
	var err error
	if d.readerSQL != nil && d.readerSQL != d.writerSQL {
		err = d.readerSQL.Close()
	}
	if d.writerSQL != nil {
		err = errors.Join(err, d.writerSQL.Close())
	}
	if d.pool != nil {
		d.pool.Close()
	}
	return err
}

// gormOn wraps a handle. gorm's own logger would print statements with their values, personal data included: it is off. So are gorm's prepared
// statements: pgx keeps them per connection by itself, while database/sql, which holds no idle connection of a pgx pool, would close and prepare
// them with every use; and on SQLite those that matter are kept in stmtCache and readStmts.
func (d *DB) gormOn(dialector gorm.Dialector) (*gorm.DB, error) {
	g, err := gorm.Open(dialector, &gorm.Config{
		Logger:                   logger.Discard,
		NowFunc:                  d.cfg.Now,
		SkipDefaultTransaction:   true,
		QueryFields:              true, // names every column: a statement survives an added one
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
	})
	if err != nil {
		return nil, fmt.Errorf("gormdb: %w", err)
	}
	if err := guardWrites(g); err != nil {
		return nil, fmt.Errorf("gormdb: %w", err)
	}
	return g, nil
}

func openError(err error) error {
	return errs.Wrap(errs.Unavailable, "The database cannot be opened.", err).After(retryAfter)
}
