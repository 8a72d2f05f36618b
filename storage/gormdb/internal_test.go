package gormdb

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

var testTenant = storage.ID{1}

// openSQLite opens a fresh, migrated file.
func openSQLite(t *testing.T) *DB {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	d, err := Open(ctx, Config{DSN: "sqlite:" + filepath.Join(dir, "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := migrations.Up(ctx, d.SQL(), d.Dialect(), dir); err != nil {
		t.Fatal(err)
	}
	return d
}

func testPerson(t *testing.T, name string) *storage.Person {
	t.Helper()
	id := storage.NewID(time.Now())
	return &storage.Person{
		Tenant: testTenant, ID: id, Subject: name, Profile: testSealed(t, "people", "profile", id), State: storage.PersonActive,
		CreatedAt: time.UnixMicro(1).UTC(), UpdatedAt: time.UnixMicro(1).UTC(),
	}
}

func testSealed(t *testing.T, table, column string, id storage.ID) seal.Text {
	t.Helper()
	k, err := seal.NewKey(1, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k.Seal(seal.Location{Table: table, Column: column, Tenant: testTenant, Row: id}, []byte("secret"))
}
