package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"
)

// Databases.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// rowSize is about that of a grant.
const rowSize = 400

// databaseWork measures the driver below the ORM: prepared statements, the same durability as the server's.
func databaseWork(p primitive) (work func() error, end func(), err error) {
	db, end, err := scratch()
	if err != nil {
		return nil, end, err
	}
	if p == primRead {
		work, err = readWork(db)
	} else {
		work, err = writeWork(db)
	}
	if err != nil {
		end()
	}
	return work, end, err
}

// scratch is a database of its own: a file, or two tables beside the server's.
func scratch() (*sql.DB, func(), error) {
	nothing := func() {}
	blob, dsn := "bytea", os.Getenv(databaseEnv)
	driver := "pgx"
	dir := ""
	if dsn == "" {
		var err error
		if dir, err = os.MkdirTemp(os.TempDir(), "jedan-bench-"); err != nil {
			return nil, nothing, err
		}
		driver, blob = "sqlite", "blob"
		dsn = "file:" + filepath.Join(dir, "scratch.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nothing, err
	}
	db.SetMaxOpenConns(1)
	end := func() { _ = errors.Join(db.Close(), os.RemoveAll(dir)) }
	for _, q := range []string{
		"DROP TABLE IF EXISTS bench_rows", "DROP TABLE IF EXISTS bench_events",
		"CREATE TABLE bench_rows (id " + blob + " PRIMARY KEY, n bigint NOT NULL, data " + blob + ")",
		"CREATE TABLE bench_events (id " + blob + " PRIMARY KEY, data " + blob + ")",
	} {
		if _, err := db.Exec(q); err != nil {
			end()
			return nil, nothing, err
		}
	}
	return db, end, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// rows fills the table and returns the ids.
func rows(db *sql.DB) ([][]byte, error) {
	tx, err := db.Begin()
	if err != nil {
		return nil, err
	}
	ids := make([][]byte, 1_000)
	for i := range ids {
		ids[i] = append([]byte{byte(i >> 8), byte(i)}, random(14)...)
		if _, err := tx.Exec("INSERT INTO bench_rows (id, n, data) VALUES ($1, 0, $2)", ids[i], random(rowSize)); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	return ids, tx.Commit()
}

func readWork(db *sql.DB) (func() error, error) {
	ids, err := rows(db)
	if err != nil {
		return nil, err
	}
	get, err := db.Prepare("SELECT n, data FROM bench_rows WHERE id = $1")
	i := 0
	return func() error {
		i++
		var n int64
		var data []byte
		return get.QueryRow(ids[i%len(ids)]).Scan(&n, &data)
	}, err
}

// together is how many changes one transaction of the write primitive holds on SQLite: the server commits what waits at the same time together, and of
// the loop's connections half wait for a commit. On PostgreSQL each request has its own transaction.
const together = 16

// perTransaction is together, or 1.
func perTransaction() int {
	if os.Getenv(databaseEnv) == "" {
		return together
	}
	return 1
}

// writeWork changes one row by its key and adds another, perTransaction times in one durable transaction: what redeeming a code does with its event.
func writeWork(db *sql.DB) (func() error, error) {
	ids, err := rows(db)
	if err != nil {
		return nil, err
	}
	change, err1 := db.Prepare("UPDATE bench_rows SET n = n + 1 WHERE id = $1")
	add, err2 := db.Prepare("INSERT INTO bench_events (id, data) VALUES ($1, $2)")
	i := 0
	return func() error {
		tx, err := db.BeginTx(context.Background(), nil)
		if err != nil {
			return err
		}
		changeTx, addTx := tx.Stmt(change), tx.Stmt(add)
		for range perTransaction() {
			i++
			_, err1 := changeTx.Exec(ids[i%len(ids)])
			_, err2 := addTx.Exec(append([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}, random(12)...), random(rowSize/2))
			if err := errors.Join(err1, err2); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		return tx.Commit()
	}, errors.Join(err1, err2)
}
