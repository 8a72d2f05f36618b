package gormdb

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"gorm.io/gorm/schema"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// table writes the rows of one entity with a fixed statement: what gorm's Create does, without building it anew on the hot path.
type table struct {
	insert query
	fields []*schema.Field
}

// tables are those that hot commands write.
type tables struct{ grants, audit, denials, replays table }

func parseTables() (tables, error) {
	var t tables
	for _, one := range []struct {
		dst    *table
		entity any
		tail   string
	}{
		{&t.grants, &storage.Grant{}, " ON CONFLICT (tenant, origin) DO NOTHING"},
		{&t.audit, &storage.AuditEvent{}, ""},
		{&t.denials, &storage.Denial{}, " ON CONFLICT (tenant, token_id) DO NOTHING"},
		{&t.replays, &storage.Replay{}, " ON CONFLICT (tenant, hash) DO NOTHING"},
	} {
		s, err := schema.Parse(one.entity, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			return tables{}, fmt.Errorf("gormdb: %w", err)
		}
		*one.dst = newTable(s, one.tail)
	}
	return t, nil
}

func newTable(s *schema.Schema, tail string) table {
	names, marks := make([]string, len(s.Fields)), make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i], marks[i] = `"`+f.DBName+`"`, "?"
	}
	text := `INSERT INTO "` + s.Table + `" (` + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")" + tail
	return table{insert: both(text), fields: s.Fields}
}

// args returns a row's values in the order of the statement. row is a pointer to the entity.
func (t table) args(ctx context.Context, row any) ([]any, error) {
	v := reflect.ValueOf(row)
	args := make([]any, len(t.fields))
	for i, f := range t.fields {
		args[i], _ = f.ValueOf(ctx, v)
		if s, ok := args[i].(string); ok && !isText(s) {
			return nil, errBadText()
		}
	}
	return args, nil
}

// add inserts row and reports whether it was new, which matters where the statement does nothing on a conflict.
func (t *tx) add(ctx context.Context, into table, row any) (bool, error) {
	args, err := into.args(ctx, row)
	if err != nil {
		return false, err
	}
	n, err := t.exec(ctx, into.insert, args...)
	return n == 1, err
}

// isText reports what both databases store as text. PostgreSQL refuses the rest; SQLite would keep it.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func errBadText() error {
	return errs.New(errs.Invalid, "A text holds characters that cannot be stored.")
}
