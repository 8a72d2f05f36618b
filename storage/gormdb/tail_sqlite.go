package gormdb

import (
	"context"
	"database/sql"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// sqlitePoll is how often the tail asks whether another process has written. It costs 5 µs.
const sqlitePoll = 100 * time.Millisecond

const (
	lastChange   = "SELECT COALESCE(max(seq), 0) FROM changes"
	dataVersion  = "PRAGMA data_version"
	changesAfter = "SELECT seq, tenant, kind, ref, at FROM changes WHERE seq > ? ORDER BY seq LIMIT ?"
)

// sqliteTail watches the file's data version on a connection of its own: the number moves with every commit of any other connection, this
// process's writer included.
type sqliteTail struct {
	now      func() time.Time
	fn       func([]storage.Change, time.Time)
	conn     *sql.Conn
	version  int64 // of the file when it was last read
	seq      int64 // delivered up to here
	caughtUp time.Time
}

func (d *DB) tailSQLite(ctx context.Context, fn func([]storage.Change, time.Time)) error {
	woken, remove := d.woken.add()
	defer remove()
	conn, err := d.readerSQL.Conn(ctx)
	if err != nil {
		return mapError(err)
	}
	defer conn.Close() //nolint:errcheck // back to the pool
	t := &sqliteTail{now: d.cfg.Now, fn: fn, conn: conn, version: -1}
	if err := conn.QueryRowContext(ctx, lastChange).Scan(&t.seq); err != nil {
		return mapError(err)
	}
	tick := time.NewTicker(sqlitePoll)
	defer tick.Stop()
	for {
		if err := t.poll(ctx); err != nil {
			return mapError(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-woken:
		}
	}
}

// poll delivers what is new.
func (t *sqliteTail) poll(ctx context.Context) error {
	asOf := t.now() // before looking: what is committed later may be missed this time
	var version int64
	if err := t.conn.QueryRowContext(ctx, dataVersion).Scan(&version); err != nil {
		return err
	}
	for more := version != t.version; more; {
		page, err := scanChanges(t.conn.QueryContext(ctx, changesAfter, t.seq, tailPage))
		if err != nil {
			return err
		}
		if more = len(page) == tailPage; more {
			t.fn(page, t.caughtUp)
		} else {
			t.caughtUp = asOf
			t.fn(page, asOf)
		}
		if len(page) > 0 {
			t.seq = page[len(page)-1].Seq
		}
	}
	if t.caughtUp != asOf {
		t.caughtUp = asOf
		t.fn(nil, asOf)
	}
	t.version = version
	return nil
}

func scanChanges(rows *sql.Rows, err error) ([]storage.Change, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below says what went wrong
	var page []storage.Change
	for rows.Next() {
		var c storage.Change
		if err := rows.Scan(&c.Seq, &c.Tenant, &c.Kind, &c.Ref, &c.At); err != nil {
			return nil, err
		}
		page = append(page, c)
	}
	return page, rows.Err()
}
