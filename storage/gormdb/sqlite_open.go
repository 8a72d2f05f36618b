package gormdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	sqliteReaders  = 4
	walSwitchTries = 100
	walSwitchPause = 20 * time.Millisecond
)

// openSQLite opens two handles on one file: a writer with a single connection whose transactions take the write lock at once, and readers on
// which any write fails.
func (d *DB) openSQLite(ctx context.Context, path string) error {
	d.path = path
	if err := prepareFile(path); err != nil {
		return err
	}
	var err error
	if d.writerSQL, err = openHandle(path, "_txlock=immediate", 1); err != nil {
		return err
	}
	if err := switchToWAL(ctx, d.writerSQL); err != nil {
		return openError(err)
	}
	readers := d.cfg.MaxConns
	if readers <= 0 {
		readers = sqliteReaders
	}
	if d.readerSQL, err = openHandle(path, "_pragma=query_only(1)", readers+1); err != nil {
		return err
	}
	if d.writer, err = d.gormOn(&sqliteDialector{conn: d.writerSQL}); err != nil {
		return err
	}
	reads := &readStmts{db: d.readerSQL}
	if d.reader, err = d.gormOn(&sqliteDialector{conn: readerPool{d.readerSQL, reads}}); err != nil {
		return err
	}
	d.rows = reads
	d.stmts = newStmtCache(d.writerSQL)
	d.committer = newCommitter(d)
	return nil
}

// prepareFile makes folder and file readable by their owner only; SQLite gives its journal files the mode of the database.
func prepareFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("gormdb: %w", err)
	}
	if err := refuseNetworkFolder(dir, statFolder); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("gormdb: %w", err)
	}
	return f.Close()
}

// openHandle builds the file: URI. Times are integers of microseconds, so that they order as they should in every zone.
func openHandle(path, extra string, conns int) (*sql.DB, error) {
	uri := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=secure_delete(FAST)&_pragma=journal_size_limit(67108864)" +
		"&_time_integer_format=unix_micro&_inttotime=1&" + extra
	connector, err := sqlite.NewConnector(uri)
	if err != nil {
		return nil, fmt.Errorf("gormdb: %w", err)
	}
	h := sql.OpenDB(connector)
	h.SetMaxOpenConns(conns)
	h.SetMaxIdleConns(conns)
	return h, nil
}

// switchToWAL sets the journal mode, which stays in the file. SQLite does not call its busy handler for this, so that processes that start
// together must try again.
func switchToWAL(ctx context.Context, h *sql.DB) error {
	var mode string
	for try := 1; ; try++ {
		err := h.QueryRowContext(ctx, "PRAGMA journal_mode(WAL)").Scan(&mode)
		if err == nil && mode != "wal" {
			return fmt.Errorf("journal mode is %q, not wal", mode)
		}
		var e *sqlite.Error
		if err == nil || !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_BUSY || try == walSwitchTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(walSwitchPause):
		}
	}
}

func statFolder(dir string) (unix.Statfs_t, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return st, err
}
