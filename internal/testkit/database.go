package testkit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgresEnv names a PostgreSQL with rights to create databases; tests run on it instead of SQLite.
const PostgresEnv = "JEDAN_TEST_POSTGRES"

// database returns the DSN of a fresh database for one test: "" (SQLite in the data folder), or a new one on the named PostgreSQL.
func database(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(PostgresEnv)
	if admin == "" {
		return ""
	}
	schema, err := template()
	if err != nil {
		t.Fatal(err)
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	name := "jedan_test_" + hex.EncodeToString(b[:])
	execute(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+schema)
	t.Cleanup(func() { execute(t, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return on(admin, name)
}

func execute(t testing.TB, dsn, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
