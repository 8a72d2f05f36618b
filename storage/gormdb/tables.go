package gormdb

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"gorm.io/gorm/schema"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// table writes and reads the rows of one entity with fixed statements: what gorm does too, without building them anew on the hot path.
type table struct {
	name    string
	columns string // all of them, quoted, in the order of fields
	insert  query
	fields  []*schema.Field
}

// tables are the entities that hot commands write, and all that are looked up one by one.
type tables struct {
	grants, audit, denials, replays, pending, outbox, samlSessions table
	of                                                             map[reflect.Type]table
}

func parseTables() (tables, error) {
	t := tables{of: map[reflect.Type]table{}}
	var unused table
	for _, one := range []struct {
		dst    *table
		entity any
		tail   string
	}{
		{&t.grants, &storage.Grant{}, " ON CONFLICT (tenant, origin) DO NOTHING"},
		{&t.audit, &storage.AuditEvent{}, ""},
		{&t.denials, &storage.Denial{}, " ON CONFLICT (tenant, token_id) DO NOTHING"},
		{&t.replays, &storage.Replay{}, " ON CONFLICT (tenant, hash) DO NOTHING"},
		{&t.pending, &storage.Pending{}, ""},
		{&t.outbox, &storage.OutboxMessage{}, ""},
		{&t.samlSessions, &storage.SAMLSession{}, " ON CONFLICT (tenant, session, app, subject) DO NOTHING"},
		{&unused, &storage.InitialAccess{}, ""},
		{&unused, &storage.Tenant{}, ""},
		{&unused, &storage.Client{}, ""},
		{&unused, &storage.Resource{}, ""},
		{&unused, &storage.Person{}, ""},
		{&unused, &storage.SetupLink{}, ""},
		{&unused, &storage.Session{}, ""},
		{&unused, &storage.Consent{}, ""},
		{&unused, &storage.Passkey{}, ""},
		{&unused, &storage.TrustedBrowser{}, ""},
		{&unused, &storage.RelyingParty{}, ""},
		{&unused, &storage.Code{}, ""},
		{&unused, &storage.Recovery{}, ""},
		{&unused, &storage.QRSignIn{}, ""},
		{&unused, &storage.RiskBaseline{}, ""},
		{&unused, &storage.Connector{}, ""},
		{&unused, &storage.SAMLApp{}, ""},
		{&unused, &storage.SAMLKey{}, ""},
		{&unused, &storage.Link{}, ""},
		{&unused, &storage.Trip{}, ""},
		{&unused, &storage.Document{}, ""},
		{&unused, &storage.DirectoryEntry{}, ""},
		{&unused, &storage.DirectorySync{}, " ON CONFLICT (tenant, connector) DO NOTHING"},
		{&unused, &storage.Erasure{}, ""},
		{&unused, &storage.Factor{}, ""},
		{&unused, &storage.Group{}, ""},
		{&unused, &storage.GroupNesting{}, ""},
	} {
		s, err := schema.Parse(one.entity, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			return tables{}, fmt.Errorf("gormdb: %w", err)
		}
		*one.dst = newTable(s, one.tail)
		t.of[s.ModelType] = *one.dst
	}
	return t, nil
}

func newTable(s *schema.Schema, tail string) table {
	fields := slices.DeleteFunc(slices.Clone(s.Fields), func(f *schema.Field) bool { return f.DBName == "" }) // those are not stored
	names, marks := make([]string, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		names[i], marks[i] = `"`+f.DBName+`"`, "?"
	}
	columns := strings.Join(names, ", ")
	text := `INSERT INTO "` + s.Table + `" (` + columns + ") VALUES (" + strings.Join(marks, ", ") + ")" + tail
	return table{name: s.Table, columns: columns, insert: both(text), fields: fields}
}

// places are the addresses of row's fields, in the order of columns. row is a pointer to the entity.
func (t table) places(ctx context.Context, row any) []any {
	v := reflect.ValueOf(row)
	to := make([]any, len(t.fields))
	for i, f := range t.fields {
		to[i] = f.ReflectValueOf(ctx, v).Addr().Interface()
	}
	return to
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
