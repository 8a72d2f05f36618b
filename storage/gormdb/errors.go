package gormdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// retryAfter is what callers are told to wait when the database is busy or away.
const retryAfter = time.Second

// ErrOutsideTransaction is the cause of the error that a write gets when its goroutine holds a transaction open and ctx does not carry it.
var ErrOutsideTransaction = errors.New("gormdb: a write without the context of the transaction that this goroutine holds open")

// ErrTransactionOver is the cause of the error that a call gets when ctx carries a transaction that has ended.
var ErrTransactionOver = errors.New("gormdb: the transaction of this context has ended")

// mapError turns what the database said into an *errs.Error. The message is a fixed sentence; what the database said is the hidden cause.
// Errors that are *errs.Error already pass through.
func mapError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	switch codeOf(err) {
	case errs.NotFound:
		return errs.Wrap(errs.NotFound, "There is nothing here.", err)
	case errs.Conflict:
		return errs.Wrap(errs.Conflict, "Something with this name or id exists already.", err)
	case errs.Unavailable:
		return errs.Wrap(errs.Unavailable, "The database is busy or away. Try again in a moment.", err).After(retryAfter)
	case errs.Invalid:
		return errs.Wrap(errs.Invalid, "A value holds characters that cannot be stored.", err)
	case errs.TooLarge:
		return errs.Wrap(errs.TooLarge, "A value is too long to be stored.", err)
	default:
		return errs.Wrap(errs.Internal, "The database refused a statement.", err)
	}
}

func codeOf(err error) errs.Code {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresCode(pg.Code)
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteCode(lite.Code())
	}
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return errs.NotFound
	case isAway(err):
		return errs.Unavailable
	}
	return errs.Internal
}

// isAway reports that the connection failed or time ran out before the database could answer.
func isAway(err error) bool {
	for _, away := range []error{
		context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, away) {
			return true
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, isNet := errors.AsType[net.Error](err)
	return isNet || strings.Contains(err.Error(), "sql: database is closed") || strings.Contains(err.Error(), "closed pool") || strings.Contains(err.Error(), "conn closed")
}

func sqliteCode(code int) errs.Code {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errs.Conflict
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM:
		return errs.Unavailable
	case sqlite3.SQLITE_TOOBIG:
		return errs.TooLarge
	}
	return errs.Internal
}

// postgresCode goes by the SQLSTATE (PostgreSQL appendix A).
func postgresCode(state string) errs.Code {
	switch state {
	case "23505":
		return errs.Conflict
	case "22021", "22P05": // a byte sequence or character that the encoding does not have, NUL above all
		return errs.Invalid
	case "25006", // read only: a standby, or a primary being demoted
		"40001", "40P01", "55P03", "57014":
		return errs.Unavailable
	}
	if len(state) != 5 {
		return errs.Internal
	}
	switch {
	case state[:2] == "08", state[:2] == "53", state[:2] == "58", state[:4] == "57P0", state[:2] == "28", state == "3D000":
		return errs.Unavailable
	case state[:2] == "54":
		return errs.TooLarge
	}
	return errs.Internal
}

// isLostRace reports a serialization failure or a deadlock: the transaction was rolled back and may simply be run again.
func isLostRace(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

// isLost reports that the connection is gone or leads to a server that no longer takes writes; another may do.
func isLost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "25006" || strings.HasPrefix(pg.Code, "57P0") || strings.HasPrefix(pg.Code, "08")
	}
	for _, lost := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return strings.Contains(err.Error(), "conn closed")
}
