package gormdb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
	"github.com/jedan-auth/jedan-auth/storage/storetest"
)

func TestContractOnSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		return sqliteBackend{gormtest.SQLite(t, gormdb.Config{})}
	})
}

func TestContractOnPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		return postgresBackend{gormtest.Postgres(t, gormdb.Config{})}
	})
}

type sqliteBackend struct{ *gormdb.DB }

// Raw reads the files as they lie there, the write-ahead log included.
func (b sqliteBackend) Raw(t *testing.T) []byte {
	t.Helper()
	files, err := filepath.Glob(b.Path() + "*")
	if err != nil || len(files) < 2 {
		t.Fatal("the database and its log are not there: ", files, err)
	}
	var all []byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

type postgresBackend struct{ *gormdb.DB }

// Raw reads every row of every table as text, in which bytea columns are hexadecimal.
func (b postgresBackend) Raw(t *testing.T) []byte {
	t.Helper()
	tables := column(t, b.DB, "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
	var all bytes.Buffer
	for _, table := range tables {
		for _, row := range column(t, b.DB, fmt.Sprintf("SELECT x::text FROM %q AS x", table)) {
			all.WriteString(row + "\n")
		}
	}
	return all.Bytes()
}

// column runs a query of one text column.
func column(t *testing.T, db *gormdb.DB, query string) []string {
	t.Helper()
	rows, err := db.SQL().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
