package gormdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestEveryErrorHasACode(t *testing.T) {
	pg := func(code string) error { return &pgconn.PgError{Code: code, Message: "SELECT secret"} }
	for want, list := range map[errs.Code][]error{
		errs.NotFound: {gorm.ErrRecordNotFound, sql.ErrNoRows},
		errs.Conflict: {pg("23505")},
		errs.Invalid:  {pg("22021"), pg("22P05")},
		errs.TooLarge: {pg("54000")},
		errs.Unavailable: {
			pg("08006"), pg("53300"), pg("53100"), pg("57P01"), pg("57P03"), pg("40001"), pg("40P01"), pg("55P03"), pg("57014"), pg("25006"), pg("28P01"),
			pg("3D000"), pg("58030"), context.DeadlineExceeded, context.Canceled, driver.ErrBadConn, sql.ErrConnDone, io.ErrUnexpectedEOF,
			&net.OpError{Op: "dial", Err: errors.New("refused")}, errors.New("sql: database is closed"), errors.New("closed pool"),
		},
		errs.Internal: {pg("42601"), pg("23514"), pg("23502"), pg("25P02"), pg(""), errors.New("what?")},
	} {
		for _, err := range list {
			got := mapError(fmt.Errorf("while SELECT secret: %w", err))
			if errs.CodeOf(got) != want {
				t.Errorf("%v: got %q, want %q", err, errs.CodeOf(got), want)
			}
			if strings.Contains(errs.MessageOf(got), "SELECT") {
				t.Errorf("%v: the message shows SQL: %s", err, errs.MessageOf(got))
			}
			if (errs.RetryAfterOf(got) > 0) != (want == errs.Unavailable) {
				t.Errorf("%v: retry after %s", err, errs.RetryAfterOf(got))
			}
			if !errors.Is(got, err) {
				t.Errorf("%v: the cause is lost", err)
			}
		}
	}
	if mapError(nil) != nil {
		t.Error("nil became an error")
	}
	own := errs.New(errs.Forbidden, "no")
	if got := mapError(fmt.Errorf("x: %w", own)); errs.CodeOf(got) != errs.Forbidden {
		t.Errorf("an error that has a code got another: %v", got)
	}
}

func TestWhatSQLiteSays(t *testing.T) {
	d := openSQLite(t)
	ctx := context.Background()
	exec := func(q string) error {
		_, err := d.writerSQL.ExecContext(ctx, q)
		return mapError(err)
	}
	if err := exec("INSERT INTO tenants VALUES (x'01', 'a', 0)"); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]errs.Code{
		"INSERT INTO tenants VALUES (x'01', 'b', 0)":                       errs.Conflict,
		"INSERT INTO tenants VALUES (x'02', 'a', 0)":                       errs.Conflict,
		"INSERT INTO changes VALUES (1, x'01', 'a', x'', 0), (1, 1,1,1,1)": errs.Conflict,
		"INSERT INTO tenants VALUES (x'03', NULL, 0)":                      errs.Internal,
		"INSERT INTO nowhere VALUES (1)":                                   errs.Internal,
		"INSERT INTO tenants VALUES (zeroblob(2000000000), 'c', 0)":        errs.TooLarge,
	} {
		if err := exec(q); errs.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %s", q, err, want)
		}
	}
}

func TestALostRaceIsRunAgain(t *testing.T) {
	d := openSQLite(t)
	for _, code := range []string{"40001", "40P01"} {
		runs := 0
		err := d.InTx(context.Background(), func(context.Context) error {
			if runs++; runs < raceTries {
				return mapError(&pgconn.PgError{Code: code})
			}
			return nil
		})
		if err != nil || runs != raceTries {
			t.Errorf("%s: %d runs, %v", code, runs, err)
		}
		runs = 0
		err = d.InTx(context.Background(), func(context.Context) error { runs++; return mapError(&pgconn.PgError{Code: code}) })
		if !errs.Is(err, errs.Unavailable) || runs != raceTries {
			t.Errorf("%s for ever: %d runs, %v", code, runs, err)
		}
	}
}
