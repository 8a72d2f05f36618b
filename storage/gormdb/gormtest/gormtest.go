package gormtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // database/sql's name "pgx", for making schemas

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// PostgresVariable names the environment variable with the DSN of a PostgreSQL database in which tests may create schemas.
const PostgresVariable = "JEDAN_TEST_POSTGRES"

// Each runs fn as a subtest on SQLite and, if there is one, on PostgreSQL.
func Each(t *testing.T, fn func(t *testing.T, db *gormdb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, gormdb.Config{})) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t, gormdb.Config{})) })
}

// SQLite opens a new file. cfg says the rest; its DSN and DataDir are set here.
func SQLite(t testing.TB, cfg gormdb.Config) *gormdb.DB {
	t.Helper()
	cfg.DataDir = t.TempDir()
	cfg.DSN = "sqlite:" + filepath.Join(cfg.DataDir, "jedan-auth.db")
	return open(t, cfg)
}

// Postgres opens a new schema, or skips the test when PostgresVariable is not set. cfg says the rest; its DSN is set here.
func Postgres(t testing.TB, cfg gormdb.Config) *gormdb.DB {
	t.Helper()
	cfg.DSN = PostgresDSN(t)
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 8
	}
	return open(t, cfg)
}

// PostgresDSN is the DSN of a new, empty schema that goes with the test; it skips the test when PostgresVariable is not set.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	base := os.Getenv(PostgresVariable)
	if base == "" {
		t.Skip("no PostgreSQL: " + PostgresVariable + " is not set")
	}
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	name := "t_" + randomName()
	if _, err := admin.ExecContext(context.Background(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	return withSchema(t, base, name)
}

func withSchema(t testing.TB, dsn, schema string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(PostgresVariable + " is not a URL")
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func open(t testing.TB, cfg gormdb.Config) *gormdb.DB {
	t.Helper()
	ctx := context.Background()
	db, err := gormdb.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := migrations.Up(ctx, db.SQL(), db.Dialect(), cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	return db
}

func randomName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
