package app

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/config"
)

// TestEveryTableIsAccountedFor: a table is either part of what a person takes along and has erased, or keeps nothing of people. Who adds one says which.
func TestEveryTableIsAccountedFor(t *testing.T) {
	cfg, err := config.Defaults[Config]()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	a, err := Open(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close() //nolint:errcheck // nothing was written
	listed := impersonalTables()
	for _, p := range personalTables() {
		if slices.Contains(listed, p.Name) {
			t.Errorf("%s is listed twice", p.Name)
		}
		listed = append(listed, p.Name)
	}
	found := a.schema(t)
	for table, columns := range found {
		if foreign.MatchString(table) {
			continue
		}
		if !slices.Contains(listed, table) {
			t.Errorf("%s is neither in personalTables nor in impersonalTables: is it part of what is kept of people?", table)
		}
		for _, column := range columns {
			if slices.Contains(impersonalTables(), table) && personalColumn.MatchString(column) {
				t.Errorf("%s.%s says that the table keeps something of people", table, column)
			}
		}
	}
	for _, table := range listed {
		if found[table] == nil {
			t.Errorf("there is no table %s", table)
		}
	}
}

var (
	// foreign are tables of the machinery: the job queue, the migrations, SQLite itself.
	foreign = regexp.MustCompile(`^(river_|goose_|sqlite_)`)
	// personalColumn are names of columns that lead to a person.
	personalColumn = regexp.MustCompile(`^(person|session|subject|sub|user|email|phone|profile|device|ip|actor)(_|$)`)
)

// schema is every table with its columns.
func (a *App) schema(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := a.DB.SQL().QueryContext(context.Background(), "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	out := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		out[table] = append(out[table], strings.ToLower(column))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
