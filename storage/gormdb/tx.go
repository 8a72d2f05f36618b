package gormdb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	// longestTx bounds a transaction. The tail on PostgreSQL relies on it.
	longestTx = time.Minute
	raceTries = 5
)

// tx is one open transaction.
type tx struct {
	db      *DB
	sql     *sql.Tx
	conn    gorm.ConnPool // sql, with prepared statements on SQLite
	depth   int           // of savepoints
	changes []storage.Change
	told    bool // PostgreSQL: NOTIFY has been said
	over    atomic.Bool
}

// work is what runs in a transaction. It may run again after a lost race or a neighbour's failure, so it assigns results and adds nothing up.
type work func(ctx context.Context, t *tx) error

type txKey struct{ db *DB }

// txIn returns the transaction that ctx carries for this database; nil if none.
func (d *DB) txIn(ctx context.Context) (*tx, error) {
	t, _ := ctx.Value(txKey{d}).(*tx)
	if t != nil && t.over.Load() {
		return nil, errs.Wrap(errs.Internal, "A call came after its transaction.", ErrTransactionOver)
	}
	return t, nil
}

// InTx implements storage.Transactor. A nested call joins under a savepoint: if its fn fails, only what that fn wrote is taken back. On
// PostgreSQL the outermost fn runs again, a few times, when the database rolled it back to break a deadlock or its connection was lost.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return d.hold(ctx, func(ctx context.Context, t *tx) error { return fn(context.WithValue(ctx, txKey{d}, t)) })
}

// hold runs fn, which contains a caller's code, in the transaction of ctx or in one of its own.
func (d *DB) hold(ctx context.Context, fn work) error {
	t, err := d.txIn(ctx)
	switch {
	case err != nil:
		return err
	case t != nil:
		return t.savepoint(ctx, fn)
	}
	if err := d.guard.check(); err != nil {
		return err
	}
	defer d.guard.enter()()
	return d.alone(ctx, fn)
}

// write runs fn, which is this package's own code, in the transaction of ctx, or as soon as possible: see the package comment.
func (d *DB) write(ctx context.Context, fn work) error {
	t, err := d.txIn(ctx)
	switch {
	case err != nil:
		return err
	case t != nil:
		return mapError(t.savepoint(ctx, fn))
	}
	if err := d.guard.check(); err != nil {
		return err
	}
	if d.committer != nil {
		return mapError(d.committer.do(ctx, fn))
	}
	ctx, done := d.asked(ctx)
	return mapError(done(d.alone(ctx, fn)))
}

// writeLong is write for what goes over many rows.
func (d *DB) writeLong(ctx context.Context, fn work) error {
	ctx, cancel := context.WithTimeout(ctx, longestTx)
	defer cancel()
	return d.write(ctx, fn)
}

// reading runs fn, which only reads: in the transaction of ctx, which sees its own writes, or, with nil, outside of any. A connection that turns
// out to be lost is replaced and fn runs once more.
func (d *DB) reading(ctx context.Context, fn func(ctx context.Context, t *tx) error) error {
	t, err := d.txIn(ctx)
	if err != nil {
		return err
	}
	ctx, done := d.asked(ctx)
	err = fn(ctx, t)
	if isLost(err) && t == nil && d.pool != nil && ctx.Err() == nil {
		d.pool.Reset()
		err = fn(ctx, nil)
	}
	return mapError(done(err))
}

// read is reading through gorm.
func (d *DB) read(ctx context.Context, fn func(g *gorm.DB) error) error {
	return d.reading(ctx, func(ctx context.Context, t *tx) error {
		if t != nil {
			return fn(t.orm(ctx))
		}
		return fn(d.reader.WithContext(ctx))
	})
}

// alone runs fn in a transaction of its own: again after a lost race, and once more if its connection turns out to be lost before the commit.
// After that nobody knows whether it was committed, and the caller gets the error.
func (d *DB) alone(ctx context.Context, fn work) error {
	ctx, cancel := context.WithTimeout(ctx, longestTx)
	defer cancel()
	for try, lost := 1, false; ; try++ {
		changes, inDoubt, err := d.once(ctx, fn)
		if err == nil {
			d.publish(changes)
			return nil
		}
		if isLost(err) && d.pool != nil {
			d.pool.Reset() // connect anew: perhaps to another server, which is the primary now
			if !inDoubt && !lost && ctx.Err() == nil {
				lost = true
				continue
			}
		}
		if !isLostRace(err) || try == raceTries || ctx.Err() != nil {
			return err
		}
	}
}

func (d *DB) once(ctx context.Context, fn work) (changes []storage.Change, inDoubt bool, err error) {
	if d.dialect == migrations.SQLite {
		if err := d.turn.take(ctx); err != nil {
			return nil, false, err
		}
		defer d.turn.give()
		defer d.stmts.prepareMissed()
	}
	t, err := d.begin(ctx)
	if err != nil {
		return nil, false, err
	}
	defer t.end() // also when fn panics
	if err := fn(ctx, t); err != nil {
		return nil, false, err
	}
	if err := t.sql.Commit(); err != nil {
		return nil, true, mapError(err)
	}
	return t.changes, false, nil
}

func (d *DB) begin(ctx context.Context) (*tx, error) {
	s, err := d.writerSQL.BeginTx(ctx, nil)
	if err != nil {
		return nil, mapError(err)
	}
	t := &tx{db: d, sql: s, conn: s}
	if d.stmts != nil {
		t.conn = stmtTx{Tx: s, cache: d.stmts}
	}
	return t, nil
}

// end closes the transaction for later calls and rolls it back unless it has been committed.
func (t *tx) end() {
	t.over.Store(true)
	_ = t.sql.Rollback() // after a commit it says so; after a lost connection the server rolls back by itself
}

// savepoint runs fn so that its failure takes back only its own writes. PostgreSQL needs this to go on after an error at all.
func (t *tx) savepoint(ctx context.Context, fn work) error {
	t.depth++
	name, changes := "s"+strconv.Itoa(t.depth), len(t.changes)
	defer func() { t.depth-- }()
	if err := t.exec0(ctx, "SAVEPOINT "+name); err != nil {
		return mapError(err)
	}
	if err := fn(ctx, t); err != nil {
		t.changes = t.changes[:changes]
		if back := t.exec0(ctx, "ROLLBACK TO SAVEPOINT "+name); back != nil {
			return fmt.Errorf("%w (and the savepoint is lost: %w)", err, back)
		}
		return err
	}
	return mapError(t.exec0(ctx, "RELEASE SAVEPOINT "+name))
}

// orm is gorm on this transaction.
func (t *tx) orm(ctx context.Context) *gorm.DB {
	g := t.db.writer.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = t.conn
	return g
}

func (t *tx) exec0(ctx context.Context, q string) error {
	_, err := t.conn.ExecContext(ctx, q)
	return err
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, q query, args ...any) (int64, error) {
	res, err := t.conn.ExecContext(ctx, q.on(t.db.dialect), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// publish tells this process about its own commit: first the caches, then the tail.
func (d *DB) publish(changes []storage.Change) {
	if len(changes) == 0 {
		return
	}
	d.cfg.OnCommit(changes)
	d.woken.wake()
}
