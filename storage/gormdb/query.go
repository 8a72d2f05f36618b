package gormdb

import (
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/migrations"
)

// query is one statement in both dialects' placeholders.
type query struct{ sqlite, postgres string }

// both takes a statement with ? for every parameter. It must not hold a question mark otherwise.
func both(text string) query {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return query{sqlite: text, postgres: b.String()}
}

func (q query) on(d migrations.Dialect) string {
	if d == migrations.Postgres {
		return q.postgres
	}
	return q.sqlite
}
