package migrations_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

func names(t *testing.T, d migrations.Dialect) []string {
	t.Helper()
	files, err := migrations.Files(d)
	if err != nil {
		t.Fatal(err)
	}
	all, err := fs.Glob(files, "*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBothDialectsHaveTheSameFiles(t *testing.T) {
	lite, pg := names(t, migrations.SQLite), names(t, migrations.Postgres)
	if !slices.Equal(lite, pg) || len(lite) == 0 {
		t.Fatalf("sqlite has %v\npostgres has %v", lite, pg)
	}
	shape := regexp.MustCompile(`^\d{5}_[a-z_]+\.sql$`)
	for i, name := range lite {
		if !shape.MatchString(name) || i > 0 && name[:5] <= lite[i-1][:5] {
			t.Errorf("%s has no number of its own", name)
		}
	}
}

// TestBothDialectsHaveTheSameColumns compares what the files declare: tables, columns, NOT NULL, keys and indexes.
func TestBothDialectsHaveTheSameColumns(t *testing.T) {
	for _, name := range names(t, migrations.SQLite) {
		lite, pg := outline(t, migrations.SQLite, name), outline(t, migrations.Postgres, name)
		if !slices.Equal(lite, pg) {
			t.Errorf("%s differs:\nsqlite\n%s\npostgres\n%s", name, strings.Join(lite, "\n"), strings.Join(pg, "\n"))
		}
	}
}

// outline is the file without types, checks and table options, which may differ.
func outline(t *testing.T, d migrations.Dialect, name string) []string {
	t.Helper()
	files, err := migrations.Files(d)
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	column := regexp.MustCompile(`^    ([a-z0-9_]+) +[a-z]+(.*?),?$`)
	var lines []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if m := column.FindStringSubmatch(line); m != nil {
			checked := strings.Contains(m[2], "CHECK")
			line = strings.Join([]string{m[1], boolean(strings.Contains(m[2], "NOT NULL"), "not null"), boolean(checked, "sealed")}, " ")
		}
		if strings.HasPrefix(line, ")") {
			line = ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func boolean(b bool, yes string) string {
	if b {
		return yes
	}
	return "-"
}

func TestEveryKeyAndIndexBeginsWithTheTenant(t *testing.T) {
	index := regexp.MustCompile(`(?:INDEX \S+ ON (\S+)|PRIMARY KEY) \(([^)]*)\)`)
	found := 0
	for _, name := range names(t, migrations.SQLite) {
		for _, line := range outline(t, migrations.SQLite, name) {
			m := index.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			found++
			first, _, _ := strings.Cut(m[2], ",")
			ofTenants := m[1] == "tenants" || m[2] == "id" // the tenants themselves
			if first != "tenant" && !ofTenants {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
	if found < 30 {
		t.Fatalf("only %d keys and indexes were found: the pattern is wrong", found)
	}
}

// last is the highest number; work done side by side may leave gaps below it.
func last(t *testing.T, db *gormdb.DB) int64 {
	t.Helper()
	all := names(t, db.Dialect())
	n, err := strconv.ParseInt(all[len(all)-1][:5], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUpDownUp(t *testing.T) {
	gormtest.Each(t, func(t *testing.T, db *gormdb.DB) {
		ctx, dir := context.Background(), filepath.Dir(db.Path())
		all := len(names(t, db.Dialect()))
		first := schema(t, db)
		if len(first) < 14 {
			t.Fatalf("the schema has only %v", first)
		}
		if done, err := migrations.Up(ctx, db.SQL(), db.Dialect(), dir); err != nil || len(done) != 0 {
			t.Fatal("a second up did something: ", done, err)
		}
		done, err := migrations.Down(ctx, db.SQL(), db.Dialect(), dir, 1)
		if err != nil || len(done) != 1 || done[0].Version != last(t, db) {
			t.Fatal("one step down: ", done, err)
		}
		states, err := migrations.Status(ctx, db.SQL(), db.Dialect(), dir)
		if err != nil || len(states) != all || states[all-1].Applied || !states[all-2].Applied || states[all-2].AppliedAt.IsZero() {
			t.Fatal("status after a step down: ", states, err)
		}
		if done, err = migrations.Down(ctx, db.SQL(), db.Dialect(), dir, 1000); err != nil || len(done) != all-1 {
			t.Fatal("all the way down: ", done, err)
		}
		if left := schema(t, db); len(left) != 0 {
			t.Fatal("down left behind: ", left)
		}
		if done, err = migrations.Up(ctx, db.SQL(), db.Dialect(), dir); err != nil || len(done) != all || !done[0].Applied {
			t.Fatal("up again: ", done, err)
		}
		if again := schema(t, db); !reflect.DeepEqual(again, first) {
			t.Fatalf("the schema differs after down and up:\n%v\n%v", first, again)
		}
	})
}

func TestUnknownDialect(t *testing.T) {
	if _, err := migrations.Up(context.Background(), nil, "oracle", t.TempDir()); err == nil {
		t.Fatal("no error")
	}
}

// schema is every table and index with its definition, goose's own aside.
func schema(t *testing.T, db *gormdb.DB) []string {
	t.Helper()
	query := "SELECT name || ' ' || sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if db.Dialect() == migrations.Postgres {
		query = `SELECT d FROM (
			SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS d
			FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%'
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE 'goose%'
			UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
			WHERE connamespace = current_schema()::regnamespace AND conrelid::regclass::text NOT LIKE 'goose%') AS x ORDER BY d`
	}
	return texts(t, db.SQL(), query)
}

func texts(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
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

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childVariable); dsn != "" {
		os.Exit(migrateAsChild(dsn))
	}
	os.Exit(m.Run())
}
