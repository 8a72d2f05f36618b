package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jedan-auth/jedan-auth/internal/jobs"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
)

// A schema is made once and copied for every test: making it takes longer than most tests. That a server makes it by itself is what tests of package cmd show.

// empty is a SQLite file with the schema and nothing else.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "jedan-schema-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "schema.db")
	if err := migrate(context.Background(), "sqlite:"+path, dir); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // ours
})

// putSchema puts it where a server in folder dir looks for its file.
func putSchema(t testing.TB, dir string) {
	t.Helper()
	schema, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "jedan-auth.db"), schema, 0o600); err != nil {
		t.Fatal(err)
	}
}

// template names a database of the admin's server that has the schema and nothing else. It is named after the schema, made by whoever needs it first, and stays: other processes copy it too.
var template = sync.OnceValues(func() (string, error) {
	admin := os.Getenv(PostgresEnv)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	version, err := schemaVersion()
	if err != nil {
		return "", err
	}
	name, draft := "jedan_schema_"+version, "jedan_draft_"+version
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil { // until the connection ends
		return "", err
	}
	var made bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&made); err != nil || made {
		return name, err
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + draft, "CREATE DATABASE " + draft} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	if err := migrate(ctx, on(admin, draft), os.TempDir()); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, err
})

// schemaVersion is a sum over our migrations. What the job queue adds in a later version, a server adds to its copy.
func schemaVersion() (string, error) {
	files, err := migrations.Files(migrations.Postgres)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, path)
		sum.Write(body)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

func migrate(ctx context.Context, dsn, dir string) error {
	db, err := gormdb.Open(ctx, gormdb.Config{DSN: dsn, DataDir: dir, Now: time.Now})
	if err != nil {
		return err
	}
	if _, err = migrations.Up(ctx, db.SQL(), db.Dialect(), dir); err == nil {
		err = jobs.Migrate(ctx, db.SQL(), string(db.Dialect()), true)
	}
	return errors.Join(err, db.Close())
}

// on is the DSN of another database on the same server.
func on(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		return ""
	}
	u.Path = "/" + name
	return u.String()
}
