package gormdb

import (
	"context"
	"database/sql"
	"sync"
)

const (
	stmtsKept   = 128
	missesKept  = 512
	missesToAct = 2 // a statement seen this often is worth preparing
)

// stmtCache keeps statements prepared on SQLite's writer connection. A statement can only be prepared between transactions, because the open
// one has the connection: misses are noted and prepared afterwards. (pgx does the like by itself.)
type stmtCache struct {
	db     *sql.DB
	mu     sync.Mutex
	ready  map[string]*sql.Stmt
	missed map[string]int
}

func newStmtCache(db *sql.DB) *stmtCache {
	return &stmtCache{db: db, ready: map[string]*sql.Stmt{}, missed: map[string]int{}}
}

func (c *stmtCache) find(query string) *sql.Stmt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.ready[query]; s != nil {
		return s
	}
	if len(c.missed) < missesKept {
		c.missed[query]++
	}
	return nil
}

// prepareMissed runs while its caller has the turn and no transaction is open. A statement that cannot be prepared runs unprepared.
func (c *stmtCache) prepareMissed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for query, n := range c.missed {
		if n < missesToAct || len(c.ready) >= stmtsKept {
			continue
		}
		delete(c.missed, query)
		if s, err := c.db.PrepareContext(context.Background(), query); err == nil {
			c.ready[query] = s
		}
	}
	if len(c.missed) >= missesKept {
		clear(c.missed)
	}
}

func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.ready {
		_ = s.Close() // the connection closes next
	}
	clear(c.ready)
}

// stmtTx is a transaction that uses prepared statements where there are any. It is gorm's ConnPool too.
type stmtTx struct {
	*sql.Tx
	cache *stmtCache
}

// ExecContext implements gorm.ConnPool.
func (t stmtTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := t.cache.find(query); s != nil {
		return t.StmtContext(ctx, s).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryContext implements gorm.ConnPool.
func (t stmtTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := t.cache.find(query); s != nil {
		return t.StmtContext(ctx, s).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext implements gorm.ConnPool.
func (t stmtTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := t.cache.find(query); s != nil {
		return t.StmtContext(ctx, s).QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

// readStmts keeps statements prepared on SQLite's readers; the handle closes them. Those for one row, whose callers have a fixed number of them, are prepared at
// their first use; of lists, whose texts depend on how many values they name, those that come again, up to listsKept.
type readStmts struct {
	db    *sql.DB
	stmts sync.Map // text to *sql.Stmt

	mu     sync.Mutex
	lists  int            // kept
	missed map[string]int // how often a list's text came
}

// listsKept bounds the lists that are kept: each takes memory on each connection.
const listsKept = 64

// QueryRowContext implements rowQuerier.
func (r *readStmts) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := r.prepared(ctx, query)
	if err != nil {
		return r.db.QueryRowContext(ctx, query, args...) // it meets the same error, and carries it
	}
	return s.QueryRowContext(ctx, args...)
}

// QueryContext implements rowQuerier.
func (r *readStmts) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := r.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (r *readStmts) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := r.stmts.Load(query); ok {
		return s.(*sql.Stmt), nil //nolint:forcetypeassert // only statements are stored
	}
	s, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if first, raced := r.stmts.LoadOrStore(query, s); raced {
		_ = s.Close()                 // another call prepared it meanwhile
		return first.(*sql.Stmt), nil //nolint:forcetypeassert // only statements are stored
	}
	return s, nil
}

// list is a statement that is kept, or nil for one that runs unprepared.
func (r *readStmts) list(ctx context.Context, query string) *sql.Stmt {
	if _, ok := r.stmts.Load(query); !ok && !r.worth(query) {
		return nil
	}
	s, err := r.prepared(ctx, query)
	if err != nil {
		return nil // running it meets the same error
	}
	return s
}

func (r *readStmts) worth(query string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists >= listsKept {
		return false
	}
	if r.missed == nil || len(r.missed) >= missesKept {
		r.missed = map[string]int{}
	}
	if r.missed[query]++; r.missed[query] < missesToAct {
		return false
	}
	delete(r.missed, query)
	r.lists++
	return true
}

// readerPool is gorm's ConnPool of SQLite's readers.
type readerPool struct {
	*sql.DB
	stmts *readStmts
}

// QueryContext implements gorm.ConnPool.
func (p readerPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.stmts.list(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}
