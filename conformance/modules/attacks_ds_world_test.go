package modules

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jedan-auth/jedan-auth/migrations"
)

// several runs do for 0 to n-1, a few at a time.
func several(n, at int, do func(i int)) {
	var wg sync.WaitGroup
	todo := make(chan int)
	for range at {
		wg.Go(func() {
			for i := range todo {
				do(i)
			}
		})
	}
	for i := range n {
		todo <- i
	}
	close(todo)
	wg.Wait()
}

// tables are the names of all tables.
func (w *world) tables() []string {
	w.t.Helper()
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if w.App.DB.Dialect() == migrations.Postgres {
		q = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	names := w.rows(q)
	if len(names) < 14 {
		w.t.Fatalf("only %v", names)
	}
	return names
}

// rows reads every row of a query as the text of its columns.
func (w *world) rows(query string) []string {
	w.t.Helper()
	rows, err := w.App.DB.SQL().QueryContext(context.Background(), query)
	w.must(err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	w.must(err)
	var out []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		w.must(rows.Scan(into...))
		line := make([]string, len(values))
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				line[i] = string(raw)
			} else {
				line[i] = fmt.Sprint(v)
			}
		}
		out = append(out, strings.Join(line, "|"))
	}
	w.must(rows.Err())
	return out
}

// dump is the whole database as text, by table. The queue of background work is left out: it turns by the clock, whoever asks for what.
func (w *world) dump() map[string][]string {
	w.t.Helper()
	all := map[string][]string{}
	for _, table := range w.tables() {
		if !strings.HasPrefix(table, "river") {
			all[table] = w.rows("SELECT * FROM " + table)
			slices.Sort(all[table])
		}
	}
	return all
}
